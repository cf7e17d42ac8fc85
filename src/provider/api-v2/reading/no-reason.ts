/**
 * Texts that say only that something was not done, and nothing of why: "Not processed", "No pudimos procesar tu pedido",
 * "发生错误". Pure. They are told by what is left of them: with the words of failing, of doing, and of grammar taken away,
 * a text without a reason is empty. Sentences come in any number, and these words do not.
 */
import { folded, plainLetters } from "./plain-text.ts";

/**
 * The words of one language, with a space between them. One that ends in `-` stands for all that begin so; `_` is a space
 * within a phrase. `errors`: nouns for an error. `failing`: other words for that. `doing`: what is done with an order,
 * waiting, apology and support. `grammar`: what an order is called, and the words that hold a sentence together. Grammar
 * alone says nothing either way: "No order" may be a reason.
 */
type Words = { readonly errors: string; readonly failing: string; readonly doing: string; readonly grammar: string };

/**
 * A word that may be a reason stands in none of these: what is sent and sold, money, "rejected", "invalid", "not found",
 * "already". Each language counts by itself: a word of its grammar may be a reason in another.
 */
const ENGLISH: Words = {
  errors: "error errors err",
  failing:
    "fail- abort- cancel- crash- broke broken unsuccess- overload- busy problem- issue issues trouble- difficult- mishap glitch- unable impossible " +
    "unknown unexpected unspecified undefined rollback",
  doing:
    "process- creat- plac- submi- handl- perform- complet- execut- finish- fulfil- finali- dispatch- queue queued queueing send- sent make made " +
    "sav- add added adding happen- occur- run- ran start- generat- regist- record- updat- work- receiv- proceed- go going gone went wait- " +
    "later again retry retries retrying try tried trying moment- minute minutes second seconds hour hours while soon hold patien- temporar- current- " +
    "sorry apolog- regret- unfortunate- please pls kindly thank- inconvenience support contact- admin admins administrator- help helpdesk team " +
    "staff desk operator owner developer- assist- reach technical",
  grammar:
    "order orders ordering request- transaction- operation- job jobs task tasks purchas- system server servers api backend internal code reason " +
    "a an the your you we our us i it its this that these those there here is was were are be been being am has have had having do does did done " +
    "don t didn doesn isn wasn weren hasn haven can cannot could couldn will won would wouldn may might not no never nothing none n any some " +
    "something anything someone somehow thing things to of on in at by for from with without up out and or but as while when during yet still now " +
    "just time times few possible successful- due s re ve ll m",
};

const OTHERS: readonly Words[] = [
  // Spanish
  {
    errors: "error errores",
    failing:
      "fall- imposible problema problemas inconveniente inconvenientes cancelad- abortad- sobrecargad- ocupad- inesperad- desconocid-",
    doing:
      "proces- complet- crear cread- creacion creo realiz- envi- ocurr- producid- produjo tramit- ejecut- registr- efectu- gener- logr- hac- hech- " +
      "colocar colocad- intent- nuevamente nuevo vez tarde luego favor sentimos siento lament- disculp- contact- soporte administra- asistencia ayuda " +
      "esper- momento momentos minutos segundos",
    grammar:
      "pedido pedidos orden ordenes solicitud- peticion operacion transaccion sistema servidor no se pudo pudimos podemos puede pueden pudieron podido " +
      "posible ha han he hemos hubo fue es esta estan este ser sido un una unos el la los las lo su sus tu tus nuestro nuestra de del al a en con por " +
      "para que algo y o e le te nos me otra otro mas sin exito durante mientras porfavor",
  },
  // Portuguese
  {
    errors: "erro erros",
    failing: "falh- impossivel problema problemas cancelad- abortad- sobrecarregad- ocupad- inesperad- desconhecid-",
    doing:
      "process- complet- conclu- criar criad- criacao realiz- envi- ocorr- acontec- execut- efetu- efectu- registr- gera- gerar finaliz- consegu- fazer feit- " +
      "tent- novamente tarde depois favor desculp- lament- sentimos contat- contact- suporte administra- ajuda atendimento aguard- esper- momento minutos",
    grammar:
      "pedido pedidos ordem encomenda solicitac- requisic- operacao transacao sistema servidor nao foi foram possivel pode podemos pudemos poderia houve deu " +
      "um uma o a os as seu sua seus teu nosso nossa de do da dos das no na em por para e com ao que ser sido esta este isso algo se mais sem sucesso " +
      "durante ter tem",
  },
  // French
  {
    errors: "erreur erreurs",
    failing: "ech- impossible probleme problemes annul- interrompu- surcharg- occupe- inattendu- inconnu-",
    doing:
      "trait- creer cree creee creation passer passee envoy- effectu- execut- termin- finalis- produite survenu- survient enregistr- abouti- reussi- ajout- " +
      "reessa- essa- nouveau tard veuillez svp plait desol- excus- regret- contact- support assistance administra- aide attend- patient- moment instant instants",
    grammar:
      "commande commandes ordre demande requete operation transaction systeme serveur ne n pas pu a ete est sest s se votre vos notre nos nous vous avons " +
      "pouvons peut peuvent pouvez etre il elle y eu de d du des l la le les un une au aux en et ou avec pour par lors pendant sur dans ce cette que quelque " +
      "chose plus sans succes possible j je sil",
  },
  // German
  {
    errors: "fehler",
    failing:
      "fehlgeschl- gescheitert problem probleme abgebrochen abbruch storniert stornierung unmoglich uberlast- ausgelastet schief unerwartet- unbekannt-",
    doing:
      "verarbeit- bearbeit- ausgefuhrt ausfuhr- erstell- ubermitt- gesendet senden durchgefuhrt durchfuhr- abgeschlossen abschliess- aufgegeben aufgeben " +
      "aufgetreten auftrat angelegt ausgelost gemacht passiert gegangen versuch- probier- spater erneut nochmal nochmals wieder wart- bitte " +
      "entschuldig- leid leider bedau- kontakt- wend- support kundendienst kundenservice administra- hilfe moment minuten",
    grammar:
      "bestellung- auftrag auftrage auftrags anfrage anfragen vorgang transaktion system server konnte konnten kann konnen nicht kein keine ein eine einen einem " +
      "einer eines der die das den dem des ihr ihre ihrer ihren deine unser unsere wir es er sie sich ist sind war wurde wurden werden worden gab ging etwas ist " +
      "bei beim zu zum zur im in und oder mit auf von vom aus an noch einmal tut uns mal gerade moglich erfolgreich erfolglos ohne erfolg haben hat",
  },
  // Italian
  {
    errors: "errore errori",
    failing: "impossibile problema problemi annullat- fallit- interrott- sovraccaric- occupat- imprevist- sconosciut-",
    doing:
      "elabor- complet- crear- creat- creazione esegu- process- invi- effettu- verificat- avvenut- inserit- inserire riusc- andato gestire riprov- prova " +
      "provare tardi nuovo scus- spiacent- dispiace contatt- assistenza supporto amministra- aiuto attend- aspett- momento minuti",
    grammar:
      "ordine ordini richiesta richieste operazione transazione sistema server non e stato stata possibile un uno una il lo la l i gli le di del della dell al " +
      "alla all a da con per favore si ci siamo abbiamo possiamo ha hanno e o tuo tua suo sua vostro nostro qualcosa storto durante nel piu in questo che",
  },
  // Dutch
  {
    errors: "fout fouten",
    failing: "misluk- problem- geannuleerd afgebroken onmogelijk overbelast mis onverwacht- onbekend-",
    doing:
      "verwerk- uitgevoerd uitvoer- geplaatst plaatsen aangemaakt aanmaken voltooi- verzonden verzend- gemaakt opgetreden gebeurd gegaan gelukt probeer- " +
      "opnieuw later nogmaals wacht- alstublieft alsjeblieft sorry excuses helaas spijt neem contact- ondersteuning klantenservice support beheerder hulp " +
      "moment even",
    grammar:
      "bestelling bestellingen order orders verzoek aanvraag opdracht transactie systeem server er is een het de kon konden kan kunnen niet worden werd geworden " +
      "op met bij van uw je jouw ons onze we wij in te en of was zijn heeft hebben iets ging tijdens om aan ze uit nog eens mogelijk",
  },
  // Turkish
  {
    errors: "hata hatasi hatalar",
    failing: "basarisiz- sorun sorunu problem- iptal mesgul beklenmeyen bilinmeyen",
    doing:
      "olustur- olustu olusma- gerceklestir- gerceklesme- tamamla- isle- gonder- yapila- yapma- edile- alina- verile- meydana geldi cikti yasan- tekrar " +
      "deney- dene sonra bekle- lutfen uzgun- ozur dileriz destek desteg- iletisim- irtibat- basvur- yonetici- dakika kisa",
    grammar:
      "siparis- talep- talebi- istek istegi- sistem- sunucu- bir ile ve da de icin bu sizin su an anda sure daha gec olarak sirasinda bize gecin basarili degil oldu olmadi",
  },
  // Russian and Ukrainian
  {
    errors: "ошибк- помилк-",
    failing:
      "сбой сбоя сбое неудач- неуспеш- провал- проблем- отмен- прерван- прервал- невозможн- перегруж- скасован- неизвестн- непредвиденн- невідом-",
    doing:
      "созда- создан- обработ- обрабат- выполн- оформ- отправ- размещ- заверш- добав- удалось получилось произош- возник- случил- попыт- попробу- повтор- позже " +
      "позднее снова подожд- жд- ожид- пожалуйста извин- простите сожал- поддержк- обратит- свяж- служб- техподдержк- администра- помощ- минут- секунд- " +
      "створ- оброб- викона- виника- сталася вдалося спроб- пізніше зачека- вибач- підтримк-",
    grammar:
      "заказ- запрос- операци- транзакци- систем- сервер- задач- не нет был была было были быть есть может можем можно смог- сможем мы вы ваш- наш- нам нами вам " +
      "вас это этот эта в во к с со на за при по и или но а у о из для что чтобы пока еще раз время момент успешн- замовлен- запит- та під час буде",
  },
  // Indonesian and Malay
  {
    errors: "kesalahan kesilapan ralat",
    failing: "gagal masalah gangguan kendala dibatalkan pembatalan sibuk",
    doing:
      "diproses memproses proses pemrosesan dibuat membuat pembuatan dikirim mengirim terkirim pengiriman dihantar diselesaikan menyelesaikan dilakukan " +
      "melakukan dilanjutkan melanjutkan dijalankan berhasil berjaya terjadi berlaku coba mencoba cuba lagi nanti kemudian kembali ulang ulangi tunggu " +
      "mohon silakan silahkan sila maaf harap hubungi menghubungi admin dukungan sokongan bantuan cs saat sebentar beberapa menit terima kasih sementara",
    grammar:
      "pesanan orderan permintaan permohonan transaksi operasi sistem server tidak tak belum dapat bisa boleh kami anda kamu kita pada di ke dari untuk yang dan " +
      "atau ini itu ada sebuah satu suatu ketika semasa telah sudah sedang sesuatu dengan oleh",
  },
  // Vietnamese
  {
    errors: "lỗi",
    failing: "thất_bại sự_cố vấn_đề hủy quá_tải",
    doing:
      "xử_lý tạo gửi hoàn_thành thực_hiện xảy_ra vui_lòng thử_lại thử sau lại chờ đợi xin rất_tiếc liên_hệ hỗ_trợ quản_trị_viên giây_lát phút",
    grammar:
      "đơn_hàng đơn đặt_hàng đặt yêu_cầu giao_dịch hệ_thống máy_chủ không thể được chưa đã có một của bạn chúng_tôi cho với và trong khi này lúc bị gì đó " +
      "thành_công hiện_tại quá_trình",
  },
  // Romanian
  {
    errors: "eroare eroarea erori",
    failing: "esuat- esec imposibil problem- anulat- intrerupt- suprasolicitat neasteptat- necunoscut-",
    doing:
      "proces- cre- trimi- finaliz- plas- efectu- execut- realiz- inregistr- aparut produs intervenit intamplat incerc- reincerc- nou tarziu rugam " +
      "scuz- pare rau contact- suport asistenta administra- ajutor astept- moment minute",
    grammar:
      "comanda comenzi comenzii cerere cererea solicitare- operatiune tranzactie sistem server nu a au am s sa se fost fi putut poate putem este e o un una la de din " +
      "in cu pe pentru ne va vostra dumneavoastra dvs ta noastra si sau mai ceva bine mers timpul acest",
  },
  // Polish
  {
    errors: "blad bledu bledy bledem",
    failing: "niepowodz- nieudan- problem- anulowan- przerwan- niemozliw- przeciaz- nieoczekiwan- nieznan-",
    doing:
      "przetwo- przetwarz- utworz- zlozy- zlozon- zreali- realiz- wysla- wykona- zapisa- przyje- dodan- doda- wystapi- pojawi- udalo powiodlo sprob- ponown- pozniej " +
      "poczek- czeka- prosz- prosimy przepr- przykro skontakt- kontakt- wsparc- pomoc- obslug- administra- chwil- minut-",
    grammar:
      "zamowieni- zleceni- zadani- operacj- transakcj- system- serwer- nie sie zostal- moze mozemy mozna mogl- byc byl- bylo jest i lub oraz a w we z ze na do od po " +
      "podczas za o to twoj- panstwa nasz- nam cos jeszcze raz",
  },
  // Swedish
  {
    errors: "fel felet",
    failing: "misslyck- problem- avbruten avbrot- avbrots omojlig- overbelast- ovantat okant",
    doing:
      "behandla- bearbeta- skapa- skicka- genomfor- slutfor- lagg- lades utfor- registrera- uppsto- intraffa- hande hant ga gick forsok- igen senare vanligen " +
      "vanta tyvarr ursakta beklagar forlat kontakta support supporten kundtjanst kundservice administrator- hjalp stund minuter",
    grammar:
      "bestallning- order ordern begaran forfragan transaktion- system- server- ett en det den din ditt er vi oss har inte kunde kan att av i pa med och eller var vid " +
      "under vart gick nagot har blev blivit bli om du ni som",
  },
  // Hindi
  {
    errors: "त्रुटि एरर",
    failing: "विफल असफल समस्या रद्द असमर्थ",
    doing:
      "प्रोसेस संसाधित पूरा बना बनाया भेजा सबमिट हुई हुआ हो सका सकी सके सकता सकते कर करें करने किया पुनः फिर दोबारा बाद प्रयास कोशिश प्रतीक्षा कृपया क्षमा माफ़ खेद सहायता संपर्क सपोर्ट",
    grammar: "ऑर्डर आर्डर आदेश अनुरोध सिस्टम सर्वर नहीं गया गई जा है हैं में को का की के से एक आपका आपके आपकी यह इस ने हम हमें कुछ और या पर समय",
  },
];

/** Languages without spaces, or with all grammar at the ends of words: the words stand within others. */
const CHINESE: Words = {
  errors: "错误 錯誤 出错 异常 異常",
  failing: "失败 失敗 故障 无法 無法 不能 未能 取消 中止 终止 回滚 繁忙 未知 问题 問題 遇到",
  doing:
    "处理 處理 提交 创建 創建 建立 执行 執行 完成 发生 發生 发送 發送 出现 出現 下单 下單 操作 重试 重試 尝试 嘗試 再试 再試 稍后 稍後 以后 等待 等候 请 請 " +
    "抱歉 对不起 對不起 联系 聯繫 聯絡 客服 管理员 管理員 支持团队 帮助",
  grammar:
    "订单 訂單 请求 請求 任务 任務 交易 系统 系統 服务器 您 你 的 我们 我們 您的 了 有 在 时 時 未 没有 沒有 没 不 成功 一个 一個 某些 某种 再次 一次 再 个 时间 暂时 已 被 和 或 与 并 可以 可",
};

const KOREAN: Words = {
  errors: "오류 에러",
  failing: "실패 문제 취소 중단 불가능 불가 못 알수없는",
  doing: "처리 생성 접수 전송 완료 진행 발생 등록 실행 시도 다시 나중에 잠시 기다려 죄송 문의 고객센터 고객 관리자 연락 지원팀 도움 부탁",
  grammar:
    "주문 요청 작업 거래 시스템 서버 을 를 이 가 은 는 의 에 서 와 과 도 로 으로 하지 되지 지 않았 않 없 있 수 할 될 되 된 했 하였 하 였 습니다 입니다 합니다 니다 드립니다 드려 해주세요 해 " +
    "주세요 주십시오 바랍니다 세요 후 중 다 고 요 함 됨 기 및",
};

/** What is written in hiragana is its grammar. */
const JAPANESE: Words = {
  errors: "エラー",
  failing: "失敗 不可 問題 中止 中断 不明",
  doing: "処理 作成 送信 実行 完了 発生 登録 受付 再試行 再度 後 待 試 申 訳 連絡 問 合 合わせ サポート 管理者 時間 現在 一時的",
  grammar: "注文 リクエスト 要求 取引 システム サーバー 出来 何 中 度 お客様 様",
};

const THAI: Words = {
  errors: "ข้อผิดพลาด ผิดพลาด",
  failing: "ล้มเหลว ปัญหา ยกเลิก ขัดข้อง",
  doing:
    "ดำเนินการ ประมวลผล ส่ง สร้าง ทำ เกิดขึ้น เกิด พบ สำเร็จ ลองใหม่ ลอง ใหม่ อีกครั้ง ครั้ง อีก ภายหลัง ภาย หลัง รอ สักครู่ ขออภัย กรุณา โปรด ติดต่อ " +
    "ฝ่ายสนับสนุน แอดมิน ผู้ดูแล ผู้ดูแลระบบ ช่วยเหลือ",
  grammar: "คำสั่งซื้อ สั่งซื้อ ออเดอร์ คำสั่ง คำขอ รายการ ระบบ ไม่ สามารถ ได้ การ ของ คุณ เรา มี ใน ขณะนี้ ขณะ นี้ กับ และ หรือ บาง อย่าง ถูก ที่ ขึ้น ค่ะ ครับ",
};

/** In these two, small words stand at the beginnings and ends of others. */
const ARABIC_AND_PERSIAN: Words = {
  errors: "خطأ أخطاء خطا خطایی خطای",
  failing: "فشل فشلت تعذر مشكلة مشاكل مستحيل مشکل مشکلی ناموفق غير متوقع معروف",
  doing:
    "حدث حدثت حصل معالجة معالجته تنفيذ تنفيذه إنشاء إنشاؤه إرسال إكمال إتمام تقديم إضافة وضع نتمكن تتم يتم تمت يرجى الرجاء رجاء من فضلك حاول المحاولة محاولة لاحقا مجددا " +
    "أخرى عذرا نعتذر آسف آسفون نأسف للأسف اتصل تواصل الاتصال التواصل دعم فني مسؤول انتظر الانتظار انتظار قليلا لحظات رخ داد پیش آمد ثبت نشد نشده انجام پردازش ارسال " +
    "لطفا دوباره تلاش کنید بعدا پشتیبانی تماس بگیرید متاسفانه متاسفیم صبر کنيد",
  grammar:
    "طلب طلبك طلبية طلبات أمر عملية عمليه نظام خادم لم لا لن ما هناك يمكن يمكننا أثناء خلال في من على عن إلى مع هذا هذه قد كان تم ناجح بنجاح نا نحن أن مرة وقت شيء " +
    "سفارش درخواست عملیات شما ما در با به را از است امکان سیستم سرور و یک که این",
};

type Kind = keyof Words;
const KINDS: readonly Kind[] = ["errors", "failing", "doing", "grammar"];

/** How many words at a place in a text are the language's, and of which kinds; null where the first is none of it. */
type Language = (text: readonly string[], at: number) => { readonly length: number; readonly kinds: readonly Kind[] } | null;

/** The letters of texts are compared without their signs, and so are these. */
function listOf(words: string): readonly string[] {
  return plainLetters(words).split(" ");
}

/** What is made at the first look, and kept: most texts are never looked at for words, and a tick's CPU time is short. */
function once<T>(make: () => T): () => T {
  let made: T | null = null;
  return () => (made ??= make());
}

/** The most words in a phrase. */
const MAX_PHRASE = 3;

/** A language whose words stand apart. No expressions: to compile those of twenty languages takes longer than a tick may. */
function apart(words: Words): Language {
  const kindsOf = once(
    () => new Map(KINDS.toReversed().flatMap((kind) => listOf(words[kind]).map((word) => [word.replaceAll("_", " "), kind]))),
  );
  const kindOfStem = (word: string): Kind | undefined => {
    for (let end = word.length; end > 0; end -= 1) {
      const kind = kindsOf().get(`${word.slice(0, end)}-`);
      if (kind !== undefined) return kind;
    }
    return undefined;
  };
  return (text, at) => {
    for (let length = MAX_PHRASE; length > 0; length -= 1) {
      const phrase = text.slice(at, at + length).join(" ");
      const kind = kindsOf().get(phrase) ?? (length === 1 ? kindOfStem(phrase) : undefined);
      if (kind !== undefined) return { length, kinds: [kind] };
    }
    return null;
  };
}

/**
 * A language whose words stand within others, or at which small words stand without a space. `letters`: what it is written
 * with. A word is its own where nothing but `left` is left of it.
 */
function joined(
  words: Words,
  letters: RegExp,
  { around, left }: { readonly around: (any: string) => string; readonly left: RegExp },
): Language {
  const of = (kinds: readonly Kind[]): RegExp => new RegExp(around(alternatives(kinds.map((kind) => words[kind]).join(" "))), "gu");
  const all = once(() => of(KINDS));
  const each = once(() => KINDS.map((kind) => [kind, of([kind])] as const));
  return (text, at) => {
    const word = text[at] ?? "";
    if (!letters.test(word) || word.replace(all(), "").replace(left, "") !== "") return null;
    return { length: 1, kinds: each().flatMap(([kind, regex]) => (word.search(regex) === -1 ? [] : [kind])) };
  };
}

/** Of words that begin alike the longest is taken. */
function alternatives(words: string): string {
  return listOf(words)
    .toSorted((one, other) => other.length - one.length)
    .join("|");
}

const ANYWHERE = { around: (any: string) => any, left: /[\u3041-\u309f\u30fc]+/g };
const WITH_SMALL_WORDS = { around: (any: string) => `^[وف]?[بلک]?(?:ال|لل)?(?:${any})(?:ه|ها|ک|نا|ی)?$`, left: /^$/ };

const HOME = apart(ENGLISH);
const LANGUAGES: readonly Language[] = [
  ...OTHERS.map(apart),
  joined(CHINESE, /[\u4e00-\u9fff]/, ANYWHERE),
  joined(KOREAN, /[\uac00-\ud7af]/, ANYWHERE),
  joined(JAPANESE, /[\u3041-\u30ff\u4e00-\u9fff]/, ANYWHERE),
  joined(THAI, /[\u0e01-\u0e5b]/, ANYWHERE),
  joined(ARABIC_AND_PERSIAN, /[\u0621-\u06d3]/, WITH_SMALL_WORDS),
];

/** `isError`: it has a noun for an error, and more. `isFailure`: it says that something failed. */
export type Nothing = { readonly isError: boolean; readonly isFailure: boolean };

/**
 * What a text without a reason says; null for one in which any word is left, which may be a reason. English words count in
 * every language, and figures in none. `plain`: as `folded` gives it.
 */
export function nothingSaid(plain: string): Nothing | null {
  const words = plain.trim().split(" ");
  const text = words.filter((word) => /\D/.test(word));
  // Figures alone are a code at best.
  if (text.length === 0 && words[0] !== "") return { isError: false, isFailure: false };
  for (const own of LANGUAGES) {
    const kinds = kindsIn(text, own);
    if (kinds === null) continue;
    const hasError = kinds.has("errors");
    const isFailure = hasError || kinds.has("failing");
    if (isFailure || kinds.has("doing")) return { isError: hasError && kinds.size > 1, isFailure };
  }
  return null;
}

/** The kinds of a text's words; null where one is neither the language's nor English. */
function kindsIn(text: readonly string[], own: Language): ReadonlySet<Kind> | null {
  const kinds = new Set<Kind>();
  for (let at = 0; at < text.length;) {
    const taken = own(text, at) ?? HOME(text, at);
    if (taken === null) return null;
    for (const kind of taken.kinds) kinds.add(kind);
    at += taken.length;
  }
  return kinds;
}

/** Longer texts are no words. */
const MAX_WORD_CHARS = 40;

/** Whether a text is no more than a word for failing, in any language: "gagal", "失败". */
export function isWordOfFailing(text: string): boolean {
  return text.length <= MAX_WORD_CHARS && nothingSaid(folded(text))?.isFailure === true;
}
