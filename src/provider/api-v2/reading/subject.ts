/**
 * What an error is about: the call, the order, or nothing that can be told. Pure. Texts come in every language, so that
 * only roots that many servers share are known here; the callers have signs that need no text at all: the same words for
 * `balance`, for one order after the other, and the HTTP code.
 */
import { type ApiError, knownError, knownRefusal, saysCrash } from "./api-error.ts";

/**
 * - `key`, `rate`, `address`, `upkeep`: the call was turned away before its order was looked at;
 * - `id`: the provider does not have what was asked for;
 * - `reason`: says why an order is not taken;
 * - `crash`: a catch-all's text. The script may have died after its work was done;
 * - `mishap`: speaks of an error, and gives no reason;
 * - `vague`: only asks for another try, or says nothing at all;
 * - `unknown`: anything else, in any language.
 */
export type Subject = CallSubject | "id" | "reason" | "crash" | "mishap" | "vague" | "unknown";
export type CallSubject = "key" | "rate" | "address" | "upkeep";

/** What a text is about. Of several texts those known to the letter go first; then what leaves the most doubt. */
export function subjectOf(error: ApiError): Subject {
  const known = knownError(error.texts);
  if (known !== null) return known === "order" || known === "refill" ? "id" : known;
  if (knownRefusal(error.texts) !== null) return "reason";
  if (saysCrash(error)) return "crash";
  return subjectByRoots(error.texts[0]);
}

/** The last text looked at: a hundred orders of a list get the same one, and a look at an unknown one takes 60 µs. */
let last: { readonly text: string; readonly subject: Subject } = { text: "", subject: "vague" };

function subjectByRoots(text: string): Subject {
  if (text !== last.text) last = { text, subject: ROOTS.find(({ says }) => says(text))?.subject ?? "unknown" };
  return last.subject;
}

export function isOfCall(subject: Subject): subject is CallSubject {
  return subject === "key" || subject === "rate" || subject === "address" || subject === "upkeep";
}

/** Shorter ids stand in texts by chance, as codes and limits. */
const MIN_NAMED_ID_CHARS = 4;

/** Whether an error is about the id that was asked for: it says so in words that are known, or names it. */
export function isAboutId(error: ApiError, id: string): boolean {
  const subject = subjectOf(error);
  if (subject === "id") return true;
  if (isOfCall(subject) || subject === "crash" || id.length < MIN_NAMED_ID_CHARS) return false;
  return error.texts[0].split(/[^\p{L}\p{N}_-]+/u).includes(id);
}

/** Whether a text is no refusal, but of a script that broke. */
export function isNoWord(message: string): boolean {
  return subjectOf({ texts: [message] }) === "crash";
}

/** Two texts are the same when only their figures differ: "in 12 s" and "in 9 s". */
export function isSameText(one: string, other: string): boolean {
  return withoutFigures(one) === withoutFigures(other);
}

export function withoutFigures(text: string): string {
  return text
    .toLowerCase()
    .replace(/\d+/g, "#")
    .replace(/[^\p{L}#]+/gu, " ")
    .trim();
}

/** What code says of itself when it breaks: databases, runtimes, HTTP clients. As it was written, since signs matter. */
const BROKEN_CODE = new RegExp(
  [
    /sqlstate|\bsql\b|mysql|mariadb|postgres|sqlite|\bpdo\b|deadlock|lock wait|duplicate entry|constraint (?:fail|violat)/,
    /exception|traceback|stack ?trace|\b(?:type|reference|syntax|value|runtime|key)error\b|call to (?:a member|undefined)/,
    /undefined (?:index|variable|method|function|array|offset|property|constant|class)|cannot read propert|nil pointer|null ?pointer/,
    /\btime[sd]?[ -]?out\b|econn\w+|etimedout|enotfound|eai_again|socket hang|\bcurl\b|fetch failed|connection (?:\w+ )?(?:refused|reset|closed|lost)/,
    /unexpected (?:token|end of|response|answer)|out of memory|memory (?:size|limit)|execution time|\bon line \d|\.(?:php|js|py|rb|go|java):\d/,
    /is not a function|array offset|of type null|\bepipe\b|(?:not|unable to|failed to) connect\b|operation was aborted/,
    /(?:http|status|code|error)[ :]*50\d\b|bad gateway|gateway time/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "i",
);

/** A part of the machinery, and a word for its failing, anywhere in one text: "Lỗi hệ thống", "Database error". */
const MACHINERY =
  / (?:system|server|servidor|serveur|sunucu|internal |intern[aoe]? |interne |database|db |base de d|veritaban|he thong|систем|сервер|внутрен|network |connection |upstream|backend|unknown |unexpected|desconoc|неизвест|bilinmeyen|fatal|technical|process)|系统|服务器|内部|数据库|网络/;
const FAILING =
  / (?:error|fail|fault|problem|issue|busy|crash|erro |errore |erreur|fehler|hata|loi |kesalahan|gagal|ошибк|сбой)|错误|异常|故障/;
const SISTEM = / sistem/;
/** How catch-alls begin, and what they say they could not do. */
const MISHAP =
  / went wrong| (?:something|things?) (?:is |was )?wrong | salio mal| deu errado| пошло не так| (?:error|issue|problem) (?:has |have )?occur| произошла ошибка| terjadi kesalahan| hata olustu| da xay ra loi| (?:ocurrio|ocorreu) (?:un|um) erro| erreur (?:est|s est)| fehler ist|(?:unable to|could not|couldn t|cannot|can t|failed to) (?:be )?(?:process|complete|handle|perform|create|place|add|save|submit|send)|出错/;

const KEY_NAMES = "(?:key|token|apikey|credentials?)";
const BAD_KEY = new RegExp(
  ` (?:bad|invalid|incorrect|wrong|unknown|missing|expired|inactive|disabled|no) (?:(?:or|and|missing|your|the|an?|api|access|secret|auth|user) )*${KEY_NAMES} ` +
    `| ${KEY_NAMES} (?:(?:you|provided|given|supplied|field|is|was|are|has|been|does|did|doesn t|isn t|not|no|longer|or|an?) )*` +
    "(?:mismatch|invalid|incorrect|wrong|bad|unknown|missing|required|expired|disabled|inactive|revoked|found|valid|correct|exist|match|active|blocked|recogni[sz]ed|authori[sz]ed) ",
);
const NO_ACCESS =
  /^ (?:access denied|permission denied|forbidden|not authori[sz]ed|auth\w* (?:failed|required|error)) $| api access (?:is |was |has been )?(?:denied|disabled|revoked)| (?:provide|enter|specify) (?:an? |the |your )*(?:api )?(?:key|token) /;

const TOO_MANY =
  / too many (?:api )?(?:request|attempt|call|quer|tries|hit)| rate ?limit| throttl| flood| slow down | too fast | \d+ (?:requests|calls) (?:per|a|each) | (?:request|call|api)s? (?:limit|quota)| exceeded .*(?:requests|calls) | (?:limit|quota) (?:of |is )?\d+ (?:requests? |calls? )?(?:per |a )?(?:s|sec|second|min|minute|h|hour) /;
const ADDRESS =
  / ip .*(?:white ?list|allow|permit|authori|block|ban|denied|restrict|forbid|not )| (?:white ?list|block|ban|denied|restrict|forbid|not allowed)\w* .*ip | not white ?listed /;
const UPKEEP =
  /mainten|manutenc|mantenim| wartung| bakim|техническ|bao tri|pemelihara|维护| under construction | (?:api|site|website|panel) (?:is )?(?:temporarily |currently |now )?(?:closed|disabled|offline|unavailable|down|suspended|off) /;
/** What is sold may be in maintenance, too. */
const OF_WHAT_IS_SOLD = / (?:service|link|servi[cz]i|layanan|услуг|dich vu|hizmet)/;

const NO_SUCH_ID =
  / (?:orders?|ids?) .*(?:not found|not exist|t exist|invalid|incorrect|wrong|unknown) | (?:invalid|incorrect|wrong|unknown|no such) order (?:id |number )?$| order not found /;

/** Words of refusals. "Link" next to "try again later" is a reason; "try again later" alone is none. */
const REASON = new RegExp(
  [
    / (?:link|url|user ?name|profile|quantity|minim\w*|maxim\w*|min|max|balance|funds?|credits?|saldo|bakiye|comments?|keywords?|duplicate|private|field|required|invalid|incorrect|wrong|disabled|inactive|already|insufficient|must|not (?:found|exist|available|allowed|supported|active|enough)) | service (?:id|is|not|has) /,
    / (?:ссылк|количеств|баланс|услуг|средств|enlace|cantidad|servi[cz]i?o |lien |quantite|solde|guthaben|menge |baglanti|miktar|servis )/,
    / (?:tautan|jumlah|layanan|lien ket|so luong|so du|dich vu)|链接|数量|余额|服务(?!器)/,
  ]
    .map(({ source }) => source)
    .join("|"),
);

const RETRY =
  / (?:try again|try later|later|retry|intent[ae]|tente |tekrar|thu lai|coba lagi|повторите|попробу[йи]те|позже|reessay|riprova|versuchen)|稍后|重试/;
const NO_REASON =
  /^ (?:an? )?(?:unknown )?(?:error|fail|failed|failure|unknown|erro|erreur|fehler|hata|loi|gagal|ошибка|错误|null|undefined|false|ko|nok)?(?: \d+)? $/;
const FAILED = / (?:order )?(?:failed|failure|fail|not successful|unsuccessful) | contact (?:the |our |your )?(?:support|admin|us )/;
/** "An error", as a noun: in Chinese and Arabic the word also means "wrong", and says what is. */
const ERROR_NOUN = / (?:errors?|erro|errore|erreur|fehler|hata|hatasi|bład|ошибк[аи]|помилк[аи]|loi|kesalahan) |오류|エラー|حدث خطا/;

type Root = { readonly subject: Exclude<Subject, "unknown">; readonly says: (text: string) => boolean };

/** In the order in which they count. */
const ROOTS: readonly Root[] = [
  { subject: "crash", says: (text) => BROKEN_CODE.test(text.slice(0, 2000)) },
  { subject: "rate", says: on((text) => TOO_MANY.test(text)) },
  { subject: "key", says: on((text) => BAD_KEY.test(text) || NO_ACCESS.test(text)) },
  { subject: "address", says: on((text) => ADDRESS.test(text)) },
  { subject: "upkeep", says: on((text) => UPKEEP.test(text) && !OF_WHAT_IS_SOLD.test(text)) },
  { subject: "crash", says: on((text) => MISHAP.test(text) || ((MACHINERY.test(text) || SISTEM.test(text)) && FAILING.test(text))) },
  { subject: "id", says: on((text) => NO_SUCH_ID.test(text)) },
  { subject: "reason", says: on((text) => REASON.test(text)) },
  // An error alone is no text at all.
  { subject: "mishap", says: on((text) => ERROR_NOUN.test(text) && !NO_REASON.test(text)) },
  { subject: "vague", says: on((text) => RETRY.test(text) || NO_REASON.test(text) || FAILED.test(text)) },
];

/** Looks at a text folded, without accents and the label "Error:", between spaces. */
function on(says: (folded: string) => boolean): Root["says"] {
  return (text) => {
    const plain = text
      .slice(0, MAX_CHARS)
      .normalize("NFD")
      .replace(/\p{M}/gu, "")
      .normalize("NFC")
      .toLowerCase()
      .replace(/^\W*(?:neworder\.)?error\s*[:.]/, "");
    return says(` ${plain.replace(/[^\p{L}\p{N}]+/gu, " ").trim()} `);
  };
}

/** Roots are looked for in so much of a text: reasons stand at its beginning. */
const MAX_CHARS = 300;
