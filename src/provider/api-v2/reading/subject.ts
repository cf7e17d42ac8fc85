/**
 * What an error is about: the call, the order, or nothing that can be told. Pure. Texts come in every language, so that
 * only roots that many servers share are known here; the callers have signs that need no text at all: the same words for
 * `balance`, for one order after the other, and the HTTP code.
 */
import { type ApiError, knownError, knownRefusal, saysCrash } from "./api-error.ts";
import { folded, roots } from "./plain-text.ts";
import { nothingSaid } from "./no-reason.ts";
import { isActive, statusFor } from "../../../domain/status.ts";
import { saysBrokenCode } from "./broken-code.ts";

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

/** The last text looked at: a hundred orders of a list get the same one, and a look at an unknown one takes up to 170 µs. */
let last: { readonly text: string; readonly subject: Subject } = { text: "", subject: "vague" };

function subjectByRoots(text: string): Subject {
  if (text !== last.text) {
    const plain = folded(text);
    last = { text, subject: ROOTS.find(({ says }) => says(plain, text))?.subject ?? "unknown" };
  }
  return last.subject;
}

/**
 * Whether an error to an `add` says in one of its texts that the order was sent on, charged or is at work, or that nobody
 * knows. A text that is known to the letter says what it says.
 */
export function mayBeTaken({ texts }: ApiError): boolean {
  if (!texts.some(isToTheLetter) && texts.some(isWordOfOrder)) return true;
  return texts.some((text) => !isToTheLetter(text) && saysTaken(folded(text)));
}

/** A word for how an order stands that is there, or is done. */
function isWordOfOrder(text: string, at: number): boolean {
  const status = statusFor(text, {}, true);
  return status !== null && (isActive(status) || (at === 0 && (status === "completed" || status === "partial")));
}

/** Whether an error's texts may be about a call that the provider made for the order, and not about the one to it. */
export function namesRelay({ texts }: ApiError): boolean {
  return texts.some((text) => {
    const plain = folded(text);
    return SUPPLIER(plain) || DATABASE(plain) || RESPONSE.test(plain);
  });
}

/** Whether one of an error's texts is a catch-all's, and none is known to the letter. */
export function hasCatchAll({ texts }: ApiError): boolean {
  return !texts.some(isToTheLetter) && texts.some(isNoWord);
}

/** Of an `add` an order's id that is unknown says nothing: it may be the one just made. */
function isToTheLetter(text: string): boolean {
  const known = knownError([text]);
  return knownRefusal([text]) !== null || (known !== null && known !== "order");
}

export function isOfCall(subject: Subject): subject is CallSubject {
  return subject === "key" || subject === "rate" || subject === "address" || subject === "upkeep";
}

/** Shorter ids stand in texts by chance, as codes and limits. */
const MIN_NAMED_ID_CHARS = 4;

/**
 * Whether an error may be about the id that was asked for: it says so, or names it. So do texts about the call ("Order 70001
 * could not be read"): whose they are, only an order with a status beside it shows.
 */
export function isAboutId(error: ApiError, id: string): boolean {
  const subject = subjectOf(error);
  if (subject === "id") return true;
  if (subject !== "unknown" && subject !== "reason") return false;
  if (id.length < MIN_NAMED_ID_CHARS || COULD_NOT_READ.test(folded(error.texts[0]))) return false;
  return error.texts[0].split(/[^\p{L}\p{N}_-]+/u).includes(id);
}

/** Whether an error says to the letter that there is no such order. No text about a call reads so. */
export function saysNoSuchOrder({ texts }: ApiError): boolean {
  return knownError(texts) === "order" || NO_SUCH_ORDER.test(withoutFigures(texts[0]));
}

/** Whether a text is no refusal, but of a script that broke. */
export function isNoWord(message: string): boolean {
  return subjectOf({ texts: [message] }) === "crash";
}

const NO_SUCH_ACTION =
  / (?:invalid|incorrect|unknown|unsupported|wrong|undefined|no such|bad) (?:api )?(?:action|method|request|command) | (?:action|method|command) (?:is )?(?:invalid|incorrect|unknown|unsupported|not (?:found|supported|allowed|available|exist|implemented|valid)) /;

/** Whether a text says that the server does not know what it was asked for, as some do for `balance`. */
export function saysNoSuchAction(text: string): boolean {
  return NO_SUCH_ACTION.test(folded(text));
}

/** Two texts are the same when only their figures differ: "in 12 s" and "in 9 s". */
export function isSameText(one: string, other: string): boolean {
  return withoutFigures(one) === withoutFigures(other);
}

/** A text without its figures and without the ids it was said of, so that it can be compared with what is said of others. */
export function withoutIds(text: string, ids: readonly string[]): string {
  const named = ids.filter((id) => id.length >= MIN_NAMED_ID_CHARS).map((id) => id.toLowerCase());
  return withoutFigures(named.reduce((left, id) => left.replaceAll(id, "#"), text.toLowerCase()));
}

export function withoutFigures(text: string): string {
  return text
    .toLowerCase()
    .replace(/\d+/g, "#")
    .replace(/[^\p{L}#]+/gu, " ")
    .trim();
}

/** A part of the machinery, and a word for its failing, anywhere in one text: "Lỗi hệ thống", "Database error", "系统繁忙". */
const MACHINERY = roots(
  "system|servers? |servidor|serveur|sunucu|internal |intern[aoe]? |interne |he thong|may chu|sistem|систем|сервер|" +
    "внутр|network |rede |reseau|netzwerk|сет[иь] |jaringan|unknown |unexpected|desconoc|неизвест|bilinmeyen|fatal|process|backend|web ?site ",
  "系[统統]|[服伺][务務服]?器|[内內]部|[网網][络絡路关]|داخلی|आंतरिक|سرور|سیستم|شبکه|خادم|النظام|غير معروف|सर्वर|सिस्टम|अज्ञात|ระบบ|เซิร์ฟเวอร์|サーバ|システム|서버|시스템",
);
/** A technical fault, as which catch-alls speak of themselves, and no support and no work. */
const TECHNICAL = roots(
  "technical (?!support)|техн[иі]ч(?![^ ]* (?:п[оі][дп]|р))|(?<! (?:so|su|sup)port[eo] )te[ch]nic|te(?:k|ch)ni[kqs][^ ]* (?!destek|support)|ky thuat ",
  "技[术術](?!支)|기술|فنی|तकनीकी|เทคนิค",
);
const CAUSE = / (?:reasons |motivo|razon|raisons |grund|neden|ly do|причин)|原因/;
const FAILING = roots(
  "error|fail|fault|problem|issue|busy|crash|overload|unavailab|down |offline|unreachable|no respon|not respon|erro |errore |erreur|fehler|hata|loi |" +
    "kesalahan|gagal|gangguan|ошибк|помилк|сбо[йяию]|збі[йо]|проблем|sorun|fout|занят|недоступ|перегруж|ocupad|saturad|indispon|no dispon|occupe|mesgul|yogun|sibuk|su co|qua tai|nicht erreich|baglanilamad|fallo|falha|no respond|nao (?:respond|foi possivel)|не отвеча|не відпов|eror|eroare|fora do ar|не удалось|tidak (?:dapat|bisa|merespon)",
  "[错錯][误誤]|异常|故障|忙|خطا|مشکل|مشغول|فشل|تعذر|त्रुटि|समस्या|ขัดข้อง|エラー|오류",
);
/** The one that the provider buys from, and may have sent the order on to. */
const SUPPLIER = roots(
  "(?<!(?:contact|ask) (?:the |your |our )?)providers? |supplier|vendor|upstream|(?:third|3rd) part[^ ]+ (?!link|app|acc)|external api|" +
    "поставщик|постачальник|провайдер|proveedor|fornecedor|fornitor|fournisseur|anbieter|leverancier|furnizor|saglayici|nha cung cap|penyedia|dostawc",
  "供[应應]商|上游|ارائه دهنده|المزود|प्रदाता",
);
/** What the provider's own script works with while it takes an order. */
const DATABASE = roots("databas|db |ba[sz][ae] de d|veritaban|datenbank", "数据库|資料庫|قاعدة البيانات|دیتابیس|डेटाबेस|ฐานข้อมูล");
/** Words of one who tells what another answered, or what became of the database. */
const RESPONSE = / (?:response|responded|returned|while (?:sending|placing)|баз[аыи] данных) /;
/** Whatever stands between the provider and the one that it buys from: with a word that is not good, the order may be there. */
const RELAY = roots(
  "respons?(?:es?|d)? |(?<! poll )answers? (?!number)|gateway|" +
    "(?<! linkedin )connection |communicat|comunica|host |origin |ответ[ае]? |соединени|шлюз|respuesta|conexion|resposta|conexao|" +
    "reponse|connexion|antwort|verbindung|yanit|cevap|phan hoi|ket noi|koneksi|tanggapan",
  "响应|返回|接口|连接|연결|پاسخ|استجابه",
);
const NOT_GOOD = roots(
  "invalid|incorrect|wrong|bad |malformed|empty|missing|not |no |without|never|unknown|unclear|unable|cannot|can t|could|didn t|doesn t|lost|broken|" +
    "closed|reset|refus|reject|declin|denied|abort|cancel|неверн|некорр|нет |не |без |пуст|потерян|прерван|sin |vaci|inval|sem |nao |vazi|sans |pas |" +
    "vide|keine|nicht|leer|yok|vermedi|gelmedi|bos |gecersiz|kesil|khong|mat |tidak|kosong|terputus|belum|menunggu|brak|perdi|[^ ]+[ae]m[ae]di ",
  "无|未|空|没|失败|断|실패|없|نامعتبر|نشد|نداد|قطع|لا |لم |नहीं",
);
const TIMED_OUT = roots(
  "врем(?:я|ени) ожидания|тайм ?аут|tiempo (?:de espera|agotado)|tempo (?:limite|esgotado)|delai (?:d attente|depasse)|(?:zaman|sure) asimi|" +
    "(?:het|qua) thoi gian|tempo scaduto|zeituberschreitung|waktu (?:habis|tunggu)|przekroczono",
  "超时|タイムアウト|시간 초과|مهلت|زمان انتظار|المهلة|انتهت مهلة|समय समाप्त",
);
/** The web server's own word for itself; of what is sold they say "this service". */
const NO_SERVICE =
  / servi(?:cio|co|ce) tempora[a-z]+ (?:no|in)[ a-z]*dispon| no (?:(?:available|free|healthy|live|active|online) )*(?:server|worker|backend|node|instance|peer)s? | (?:api|(?<! (?:this|that|selected|chosen) )service) (?:is )?(?:temporarily |currently )*(?:unavailable|overloaded|busy) /;
/** How catch-alls begin. */
const MISHAP = roots(
  "went wrong|(?:something|things?) (?:is |was )?wrong|oops|whoops|salio mal|deu errado|пошло не так|щось пішло|ters gitti|schief ?gelaufen|andato storto|" +
    "mal passe|poszlo nie tak|co gi do sai|(?:error|issue|problem) (?:has |have )?occur|произошла ошибка|terjadi (?:kesalahan|masalah|gangguan|err?or)|he thong (?:dang )?ban |hata olustu|" +
    "da xay ra loi|(?:ocurrio|ocorreu) (?:un|um) (?:erro|problem)|erreur (?:est|s est)|fehler ist|" +
    "[a-z]*(?:syst|server|bank|base|netz?we|verbind)[a-z]*(?:fehler|fout|fel )",
  "出错|خطایی رخ|مشکلی پیش|कुछ गलत|เกิดข้อผิดพลาด",
);
/** What catch-alls say they could not do: a reason beside it counts more. */
const COULD_NOT =
  /(?:unable to|could not|couldn t|cannot|can t|failed to) (?:be )?(?:process|complete|handle|perform|create|place|add|save|submit|send)/;

const KEY_NAMES = "(?:key|token|apikey|credentials?)";
const BAD_KEY = new RegExp(
  ` (?:bad|invalid|incorrect|wrong|unknown|missing|expired|inactive|disabled|no) (?:(?:or|and|missing|your|the|an?|api|access|secret|auth|user|required|field|parameter) )*${KEY_NAMES} ` +
    `| ${KEY_NAMES} (?:(?:you|provided|given|supplied|field|is|was|are|has|been|does|did|doesn t|isn t|not|no|longer|or|an?) )*` +
    "(?:mismatch|invalid|incorrect|wrong|bad|unknown|missing|required|expired|disabled|inactive|revoked|found|valid|correct|exist|match|active|blocked|recogni[sz]ed|authori[sz]ed) ",
);
const NO_ACCESS =
  /^ (?:access denied|permission denied|forbidden|not authori[sz]ed|auth\w* (?:failed|required|error)) $| api access (?:is |was |has been )?(?:denied|disabled|revoked)| (?:provide|enter|specify) (?:an? |the |your )*(?:api )?(?:key|token) /;

/** The account that the key is of. "Account disabled" alone may be the one that the link leads to. */
const LOCKED =
  / your (?:api |user |panel |reseller )?account (?:is |has |been |was |currently |temporarily )+(?:not (?:active|activated|verified|approved)|inactive|disabled|suspended|blocked|banned|locked|deactivated|closed|terminated|expired) /;

const TOO_MANY =
  / too many (?:api )?(?:request|attempt|call|quer|tries|hit)| rate ?limit| throttl| flood| slow down | too fast | \d+ (?:requests|calls) (?:per|a|each) | (?:request|call|api)s? (?:limit|quota)| exceeded .*(?:requests|calls) | (?:limit|quota) (?:of |is )?\d+ (?:requests? |calls? )?(?:per |a )?(?:s|sec|second|min|minute|h|hour) /;
const TOO_MANY_ELSEWHERE =
  / (?:cok fazla istek|слишком (?:много|част[^ ]*) запрос|превышен[^ ]* (?:лимит|количество) запрос|muitas (?:requisi|solicita)|demasiadas solicitud|trop de requete|zu viele anfragen|terlalu banyak permintaan|qua nhieu yeu cau)|请求过[于多]|요청이 너무/;
const ADDRESS =
  / ip .*(?:white ?list|allow|permit|authori|block|ban|denied|restrict|forbid|not )| (?:white ?list|block|ban|denied|restrict|forbid|not allowed)\w* .*ip | not white ?listed /;
const UPKEEP =
  /mainten|manutenc|mantenim| wartung| bakim|техн[иі]ч[^ ]* (?:р[ао]бот|обсл|перер|проф)| тех(?:работ|обсл)|bao tri|pemelihara|[维維][护護]| under construction | (?:api|site|website|panel) (?:is )?(?:temporarily |currently |now )?(?:closed|disabled|offline|unavailable|down|suspended|off) /;
/** What is sold may be in maintenance, too. */
const OF_WHAT_IS_SOLD = / (?:service|link|servi[czs]|layanan|(?:по|у)слуг|сервис|dich vu|hizmet|dienst|pa(?:c|k|qu)|пакет)|服[务務](?!器)/;

const NO_SUCH_ID =
  / (?:orders?|ids?) .*(?:not found|not exist|t exist|invalid|incorrect|wrong|unknown) | (?:invalid|incorrect|wrong|unknown|no such) order (?:id |number )?$| order not found /;
/** The id of what is sold or of an account, a part of the API, and an outcome that nobody knows, are no order's id. */
const OF_ANOTHER_ID =
  / (?:service|package|category|user|client|customer|reseller|account|member|merchant|partner|panel|site|shop|agent|app|api|project|session) ids? | (?:status|result|outcome|state|api|access|permissions?|version|endpoint|method|actions?|route|module) /;
/** All of a text that says that there is no such order, its figures and signs taken away. */
const NO_SUCH_ORDER =
  /^(?:error )?(?:(?:the |this )?order(?: id| number)?(?: #+)* (?:(?:was |is )?not found|could not be found|does not exist|doesn t exist|did not exist)|(?:no such|unknown|invalid|incorrect|wrong) order(?: id| number)?|(?:the )?(?:selected )?order(?: id| number)(?: #+)* is (?:unknown|invalid|incorrect|wrong))(?: #+)*$/;
/** What only says that something could not be read just now. */
const COULD_NOT_READ =
  / (?:unable to|could not|couldn t|cannot|can not|can t|failed to|failed|error) (?:be )?(?:fetch|load|read|retriev|get|check|access|reach|query)/;

/** The same elsewhere. */
const COULD_NOT_ELSEWHERE = roots(
  "no (?:se pudo|fue posible) (?:procesar|completar|crear|realizar|enviar)|nao foi possivel (?:processar|concluir|criar|realizar|enviar)|" +
    "не удалось (?:обработать|создать|выполнить|отправить|оформить|разместить)|(?:islem|siparis|talep)[^ ]* [^ ]+(?:amad|emed)i |" +
    "(?:gagal|tidak dapat) (?:memproses|membuat|mengirim)|n a pas pu etre (?:traite|cree|passe|envoye)",
  "(?:فشل|تعذر) (?:في )?(?:معالجة|إنشاء|تنفيذ)|नहीं हो सका",
);

/** What is sent with an order. An adjective counts only beside one of them: "invalid" alone may be about an answer. */
const LINK = roots("links? |url|user ?names? |profiles? |target |ссылк|enlace|lien |baglanti|tautan|lien ket", "链接|لینک|الرابط");
const SENT = roots(
  "linkedin |quantit|qty |amount |minim|maxim|comments? |keywords? |hashtags? |media |video |photo |channel |runs |drip ?feed |interval |answer number |" +
    "(?:this|selected|chosen) service |количеств|cantidad|miktar|jumlah|so luong",
  "数量",
);
const FAULT = roots(
  "invalid|incorrect|wrong |bad |required|missing|empty|must |not (?:a )?(?:found|exist|available|allowed|supported|enough|valid|correct|public)|" +
    "does not |isn t|unsupported|disabled|already|duplicate|too [a-z]+ |less |more than|exceed|at least|between|private|blocked|outside|limit|" +
    "active order|below|above|невер|не найден|миним|максим|меньше|вне |уже |no valid|gecersiz|hatali|acik |salah|tidak valid|khong hop le|toi thieu|inval",
  "无效|错误|超出|重复|نامعتبر",
);
/** What stands for itself: bounds, money that is not there, and a service that the list no longer has. */
const PLAIN_REASON = roots(
  "(?:min|max)(?:imum|imal)? (?:order |quantity |amount |qty |is |of |to |value )*\\d+ (?!attempt|retr|try|tries|sec|minute|connection|request|call)|" +
    "links? errors? |ошибк[аи] в ссылк|account is private|(?:invalid|incorrect|wrong|unknown|disabled|inactive) service|service ids? |" +
    "service (?:is )?(?:not (?:found|active|exist)|inactive|disabled|does)|this service (?:is|has|was|does)|layanan tidak aktif",
  "服务编号",
);
const FUNDS = roots(
  "balance|funds? |credits? |money |баланс|средств|saldo|solde|fondos|fundos|guthaben|bakiye|so du",
  "余额|موجودی|ยอดเงิน",
);
const LACKING = roots(
  "insuf|not (?:enough|sufficient)|low |no (?:balance|funds|credit|money)|lack|exceed|add funds|top up|less than|недостат|не хватает|yetersiz|" +
    "tidak (?:cukup|mencukupi)|kurang|khong du|nicht (?:genug|ausr)",
  "不足|کافی نیست|ไม่เพียงพอ",
);

/** A user name beside one of these is the account's. */
const SIGN_IN = / (?:password|login|sign in) /;

function saysReason(plain: string): boolean {
  if (SIGN_IN.test(plain)) return false;
  return PLAIN_REASON(plain) || ((LINK(plain) || SENT(plain)) && FAULT(plain)) || (FUNDS(plain) && LACKING(plain));
}

/** A catch-all's opening in plain words. */
const OPENING = /^[\p{L} ]+[:：–—-]/u;

/**
 * Whether money that is not there stands behind a catch-all's opening: "Failed to process order: not enough funds". The
 * money may be the provider's own, where the one that it buys from is named.
 */
function saysFundsBehind(text: string): boolean {
  const rest = text.replace(OPENING, "");
  if (rest === text || namesRelay({ texts: [text] }) || RELAY(folded(text))) return false;
  const plain = folded(rest);
  return FUNDS(plain) && LACKING(plain) && !isOfMachinery(plain) && !saysBrokenCode(text.replace(/^\w+ failed/i, ""));
}

/** Words after which nothing was done: "No order was placed", "must be paid". */
const NOT_DONE =
  "(?<! (?:not|t|no|never|cannot|nothing|without|before|must|should|can|could|may|if|unless|until|when|after|once|only|to) (?:[a-z]+ ){0,5})";
const AN_ORDER = " (?:order|request|payment|transaction|purchase|job|task) (?:[a-z]+ ){0,4}?";
/** An order that was sent on, or money that was taken for it. */
const WAS_SENT = new RegExp(
  `${AN_ORDER}${NOT_DONE}(?:sent|submitted|placed|created|accepted|received|queued|forwarded|passed|saved|registered|taken|recorded|dispatched|successful\\w*) ` +
    `| ${NOT_DONE}(?:charged|deducted|debited|withdrawn) | successfully `,
);
/** An order that is at work, or is there twice. */
const IS_AT_WORK = new RegExp(
  `${AN_ORDER}${NOT_DONE}(?:being [a-z]+|processing(?! fail| err)|in (?:progress|process|queue|work)|under ?way|pending|queued|awaiting) ` +
    "| already (?:been |being )?(?:process|submit|sent|plac|receiv)| duplicated? (?:request|order|transaction|submission)| (?:request|order|transaction) (?:is |was )?(?:a )?duplicated? ",
);
/** An order whose end is not known. */
const NOBODY_KNOWS =
  / (?:status|result|outcome|state) (?:of (?:[a-z]+ ){1,3})?(?:is |was )?(?:unknown|unclear|uncertain|not known)| (?:order|payment|transaction|request|purchase) (?:[a-z]+ ){0,3}?(?:unconfirmed|not (?:yet |been |be )*(?:confirmed|verified|determined)) | order (?:id |number )?(?:(?:is|was|could|can|has|been|be) )*(?:missing|lost|empty|not (?:be |been )?(?:found|returned|known|located|present)) | (?:did not|didn t|does not|doesn t|not|no) (?:return|give|get|receive)\w* (?:an? |any |the )?(?:order|id) | no order ?id /;
const DONE_ELSEWHERE = roots(
  "(?<! (?:не|не было?|не была|no|nao|pas|nicht|tidak|belum|khong|chua) (?:[^ ]+ )?)(?:обрабатыва|обработан|в обработке|списан|выполняется|в работе|в очереди|" +
    "отправлен|оформлен|создан|принят|procesa[dn]|en proceso|processa[dn]|em processamento|em andamento|en (?:cours|traitement)|debite|envoyee?|" +
    "in bearbeitung|wird (?:be|ver)arbeitet|abgebucht|isleniyor|isleme al|islemde|tahsil edildi|gonderildi|dusuldu|cekildi|olusturuldu|alindi |di(?:proses|potong)|terpotong|" +
    "terkirim|pesanan (?:telah |sudah |anda )*dikirim|berhasil|dalam proses|dang (?:duoc )?(?:xu ly|cho|chay)|da (?:bi )?(?:tru|gui|tao|dat|nhan) |thanh cong|cobrad|descontad|debitad|enviad|" +
    "cread|criad|recibid|recebid|w trakcie|تم )",
  "处理中|正在处理|已(?:提交|扣|下单|创建|发送|收到)|进行中|排队|(?<![未不没])成功|処理中|처리 중|قید المعالجه|قید التنفیذ|جاري (?:معالجة|تنفيذ)|प्रोसेस हो रह|भेज दिया|(?:राशि|बैलेंस) काट|در حال (?:پردازش|انجام)|کسر شد|ثبت شد",
);
/** An order that is there, by one word, or by one beside it. */
const IS_THERE = new RegExp(
  `^ (?:accepted|queued|submitted|received|added) $|${AN_ORDER}(?:id )?(?:exists |already (?:[a-z]+ ){0,2}?(?:exist|add|creat|queue|accept|complet))`,
);
const IS_THERE_ELSEWHERE =
  / (?:(?:pedido|orde[nm]|solicitud|заказ|siparis[^ ]*|pesanan|commande|bestellung|auftrag) (?:[^ ]+ ){0,2}?(?:ja|ya|duplicad[oa]|уже|zaten|sudah|deja|bereits) |(?:em|na) fila |en cola )|重复(?:提交|下单|订单)|订单(?:已存在|重复)/;
/** Another order on the same link is an ordinary reason. */
const OF_ANOTHER_ORDER = roots(
  "already|another|other |previous|existing|exists|active |duplicate|wait|until|same |уже|друг|предыдущ|активн|дожд|zaten|baska|onceki|acik|devam|ayni|" +
    "sudah|masih|tunggu|da co|ya (?:existe|tiene|hay)|otr[oa]|ja existe|outr[oa]|deja|bereits",
  "已有|已存在|重复|其他|قبلا",
);

/** What another order is for, besides a link. */
const TARGET = / (?:this|the|same) (?:post|page|user|video|photo|channel) | previous order /;

function saysTaken(plain: string): boolean {
  if (NOBODY_KNOWS.test(plain)) return true;
  const isTaken =
    WAS_SENT.test(plain) || IS_AT_WORK.test(plain) || DONE_ELSEWHERE(plain) || IS_THERE.test(plain) || IS_THERE_ELSEWHERE.test(plain);
  return isTaken && !((LINK(plain) || TARGET.test(plain)) && OF_ANOTHER_ORDER(plain) && !/ your (?:order|balance|payment) /.test(plain));
}

const RETRY = roots(
  "try again|try later|later |retry|intent[ae]|tente |tekrar|thu lai|coba lagi|повторите|попробу[йи]те|позже|reessay|riprova|versuchen|temporar|gecici|" +
    "временно|tam thoi|sementara|at the moment|busy $|provider offline $",
  "稍后|重试|暂时|موقت|لاحقا|प्रयास कर",
);
/** What is sold may be away for a while: a reason. */
const THIS_SERVICE = / (?:услуг|послуг|(?:this|selected|chosen) service )/;
const NO_REASON =
  /^ (?:an? )?(?:unknown )?(?:error|fail|failed|failure|unknown|unexpected|erro|erreur|fehler|hata|loi|gagal|ошибка|خطا|错误|null|undefined|false|ko|nok)?(?: \d+)? $/;
/** The same in four words at most: beside more it may be "failed, since". */
const FAILED =
  /^(?= (?:[a-z]+ ){1,4}$).* (?:(?:failed|failure|fail|unsuccessful|not successful) |contact .*(?:support|admin|developer|us ))/;
const ONLY_FAILED =
  /^ (?:[^ ]+ ){0,2}(?:gagal|не удалось|basarisiz|fallo|falhou|echouee?|fehlgeschlagen|that bai|ناموفق) $|^ .{0,6}失败 $/u;
/** "An error", as a noun: in Chinese and Arabic the word also means "wrong", and says what is. */
const ERROR_NOUN = / (?:errors?|erro|errore|erreur|fehler|hata|hatasi|blad|ошибк[аи]|помилк[аи]|loi|kesalahan) |오류|エラー|حدث خطا/;

type Root = { readonly subject: Exclude<Subject, "unknown">; readonly says: (plain: string, text: string) => boolean };

/** In the order in which they count. */
const ROOTS: readonly Root[] = [
  { subject: "reason", says: (_, text) => saysFundsBehind(text) },
  { subject: "crash", says: (_, text) => saysBrokenCode(text) },
  { subject: "rate", says: (plain) => TOO_MANY.test(plain) || TOO_MANY_ELSEWHERE.test(plain) },
  { subject: "key", says: (plain) => BAD_KEY.test(plain) || NO_ACCESS.test(plain) || LOCKED.test(plain) },
  { subject: "address", says: (plain) => ADDRESS.test(plain) },
  { subject: "upkeep", says: (plain) => UPKEEP.test(plain) && !OF_WHAT_IS_SOLD.test(plain) },
  { subject: "crash", says: isOfMachinery },
  { subject: "id", says: (plain) => NO_SUCH_ID.test(plain) && !OF_ANOTHER_ID.test(plain) },
  { subject: "reason", says: saysReason },
  { subject: "crash", says: (plain) => COULD_NOT.test(plain) || COULD_NOT_ELSEWHERE(plain) },
  // An error alone is no text at all.
  { subject: "mishap", says: (plain) => !NO_REASON.test(plain) && (ERROR_NOUN.test(plain) || nothingSaid(plain)?.isError === true) },
  { subject: "vague", says: (plain) => asksAgainOrFailed(plain) || nothingSaid(plain) !== null },
];

function asksAgainOrFailed(plain: string): boolean {
  return (RETRY(plain) && !THIS_SERVICE.test(plain)) || NO_REASON.test(plain) || FAILED.test(plain) || ONLY_FAILED.test(plain);
}

/**
 * Whether a text stands for a yes where a yes is to stand: it gives no reason, and speaks of no fault and no other try. That
 * something is done with an order, or that it is canceled, may be all that it says.
 */
export function mayBeYes(text: string): boolean {
  const subject = subjectOf({ texts: [text] });
  return subject === "unknown" || (subject === "vague" && !asksAgainOrFailed(folded(text)));
}

function isOfMachinery(plain: string): boolean {
  if (TIMED_OUT(plain) || MISHAP(plain) || NO_SERVICE.test(plain)) return true;
  if (TECHNICAL(plain) && CAUSE.test(plain)) return true;
  return (
    ((MACHINERY(plain) || DATABASE(plain) || TECHNICAL(plain)) && FAILING(plain)) ||
    ((RELAY(plain) || SUPPLIER(plain)) && (FAILING(plain) || NOT_GOOD(plain)))
  );
}
