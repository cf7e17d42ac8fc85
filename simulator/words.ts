/** How statuses and refusals are worded on the wire. */
import type { Status } from "./course.ts";
import { type ActiveModes, wordOf } from "./mode-choice.ts";

type Vocabulary = Readonly<Record<Status, string>>;

const CANONICAL: Vocabulary = {
  pending: "Pending",
  processing: "Processing",
  in_progress: "In progress",
  completed: "Completed",
  partial: "Partial",
  canceled: "Canceled",
  refunded: "Refunded",
  error: "Error",
};

/** The vocabularies of the mode `status_words`. */
const VOCABULARIES: Readonly<Record<string, Vocabulary>> = {
  other: {
    pending: "Awaiting",
    processing: "Started",
    in_progress: "Inprogress",
    completed: "Success",
    partial: "Partially completed",
    canceled: "Cancelled",
    refunded: "Refund",
    error: "Failed",
  },
  rare: {
    pending: "In queue",
    processing: "Running",
    in_progress: "in-progress",
    completed: "Done",
    partial: "partially_completed",
    canceled: "Cancel",
    refunded: "Reversed",
    error: "Rejected",
  },
  upper: {
    pending: "PENDING",
    processing: "PROCESSING",
    in_progress: "IN_PROGRESS",
    completed: "COMPLETED",
    partial: "PARTIAL",
    canceled: "CANCELED",
    refunded: "REFUNDED",
    error: "ERROR",
  },
  // Scripts with numeric codes have one code for all that is under way, and none for errors.
  numeric: {
    pending: "0",
    processing: "1",
    in_progress: "1",
    completed: "2",
    partial: "3",
    canceled: "4",
    refunded: "5",
    error: "Fail",
  },
  shifted: {
    pending: "1",
    processing: "2",
    in_progress: "3",
    completed: "4",
    partial: "5",
    canceled: "6",
    refunded: "7",
    error: "8",
  },
};

export function statusWord(status: Status, active: ActiveModes): string {
  const unknown = wordOf(active, "status_unknown");
  if (unknown !== null && status === "in_progress") return unknown;
  const vocabulary = VOCABULARIES[wordOf(active, "status_words") ?? ""] ?? CANONICAL;
  return vocabulary[status];
}

/** Which status a word means here, read as leniently as a script's author would want; null for none. */
export function statusMeant(word: string): Status | null {
  const folded = word.toLowerCase().replaceAll(/[\s_-]/g, "");
  for (const vocabulary of [CANONICAL, ...Object.values(VOCABULARIES)]) {
    for (const [status, spelling] of Object.entries(vocabulary) as [Status, string][]) {
      const letters = spelling.toLowerCase().replaceAll(/[\s_-]/g, "");
      if (letters === folded && !/^\d$/.test(letters)) return status;
    }
  }
  return null;
}

interface Refusal {
  readonly text: string;
  readonly code: string;
  readonly ru: string;
  readonly tr: string;
  readonly zh: string;
}

/** Why a call, or an id in it, is refused. Where servers of this protocol are known to agree on a text, it is theirs. */
const REFUSALS = {
  invalid_key: {
    text: "Invalid API key",
    code: "error.invalid_api_key",
    ru: "Неверный ключ API",
    tr: "Geçersiz API anahtarı",
    zh: "API 密钥无效",
  },
  incorrect_request: {
    text: "Incorrect request",
    code: "error.incorrect_request",
    ru: "Неверный запрос",
    tr: "Hatalı istek",
    zh: "请求不正确",
  },
  incorrect_order_id: {
    text: "Incorrect order ID",
    code: "error.incorrect_order_id",
    ru: "Неверный номер заказа",
    tr: "Hatalı sipariş numarası",
    zh: "订单号不正确",
  },
  incorrect_service_id: {
    text: "Incorrect service ID",
    code: "error.incorrect_service_id",
    ru: "Неверный номер услуги",
    tr: "Hatalı servis numarası",
    zh: "服务编号不正确",
  },
  missing_field: {
    text: "Not all required fields are filled in",
    code: "neworder.error.required",
    ru: "Заполнены не все поля",
    tr: "Zorunlu alanlar eksik",
    zh: "缺少必填字段",
  },
  bad_quantity: {
    text: "Quantity is outside the limits of the service",
    code: "neworder.error.quantity",
    ru: "Количество вне пределов услуги",
    tr: "Miktar sınırların dışında",
    zh: "数量超出范围",
  },
  not_enough_funds: {
    text: "neworder.error.not_enough_funds",
    code: "neworder.error.not_enough_funds",
    ru: "Недостаточно средств",
    tr: "Yetersiz bakiye",
    zh: "余额不足",
  },
  link_duplicate: {
    text: "neworder.error.link_duplicate",
    code: "neworder.error.link_duplicate",
    ru: "Ссылка уже в работе",
    tr: "Bu bağlantı için açık sipariş var",
    zh: "链接重复",
  },
  too_many_ids: {
    text: "Too many orders in one request",
    code: "error.too_many_orders",
    ru: "Слишком много заказов в запросе",
    tr: "Tek istekte çok fazla sipariş",
    zh: "单次请求订单过多",
  },
  refill_refused: {
    text: "This order cannot be refilled",
    code: "error.refill_not_available",
    ru: "Восстановление недоступно",
    tr: "Bu sipariş yenilenemez",
    zh: "该订单无法补单",
  },
  refill_not_found: {
    text: "Refill not found",
    code: "error.refill_not_found",
    ru: "Восстановление не найдено",
    tr: "Yenileme bulunamadı",
    zh: "未找到补单",
  },
  cancel_refused: {
    text: "This order cannot be canceled",
    code: "error.cancel_not_available",
    ru: "Отмена недоступна",
    tr: "Bu sipariş iptal edilemez",
    zh: "该订单无法取消",
  },
  rate_limited: {
    text: "Too many requests",
    code: "error.too_many_requests",
    ru: "Слишком много запросов",
    tr: "Çok fazla istek",
    zh: "请求过于频繁",
  },
  banned: {
    text: "Your address is blocked for now",
    code: "error.blocked",
    ru: "Ваш адрес заблокирован",
    tr: "Adresiniz engellendi",
    zh: "您的地址已被封锁",
  },
  broken: {
    text: "Something went wrong, try again later",
    code: "error.internal",
    ru: "Внутренняя ошибка",
    tr: "Bir hata oluştu",
    zh: "内部错误",
  },
} as const satisfies Readonly<Record<string, Refusal>>;
export type RefusalName = keyof typeof REFUSALS;

export function refusalText(name: RefusalName, active: ActiveModes): string {
  const refusal: Refusal = REFUSALS[name];
  if (active.has("error_codes")) return refusal.code;
  const language = wordOf(active, "error_localised");
  if (language === "ru" || language === "tr" || language === "zh") return refusal[language];
  return refusal.text;
}
