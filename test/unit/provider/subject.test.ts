import { describe, expect, it } from "vitest";
import { isSameText, type Subject, subjectOf } from "../../../src/provider/api-v2/reading/subject.ts";

const TEXTS: Readonly<Record<Subject, readonly string[]>> = {
  key: [
    "API key is incorrect",
    "Invalid API key",
    "Your API key is not valid",
    "The api key you provided is wrong",
    "The key field is required.",
    "Wrong token",
    "API token expired",
    "api_key_invalid",
    "Unauthorized",
    "Invalid credentials",
    "Access denied",
  ],
  rate: [
    "Rate limit exceeded (200/min)",
    "Too many requests. Limit: 60/minute.",
    "Too Many Attempts.",
    "rate_limit_exceeded",
    "API limit reached",
    "You have exceeded the allowed number of requests",
    "Limit 120 requests per minute",
    "Request was throttled. Expected available in 12 seconds.",
  ],
  address: ["Your IP is not whitelisted", "IP 1.2.3.4 is not allowed", "Your IP address has been blocked", "Access from this IP denied"],
  upkeep: [
    "Maintenance",
    "We are under maintenance, please try again later",
    "Site em manutenção",
    "Технические работы",
    "API is temporarily disabled",
  ],
  id: [
    "Incorrect order ID",
    "error.incorrect_order_id",
    "Order not found",
    "Order does not exist",
    "The selected order id is invalid.",
    "Invalid order",
  ],
  crash: [
    "System error",
    "There was an error processing your request. Please try again later",
    "Database error",
    "SQLSTATE[40001]: Serialization failure: 1213 Deadlock found when trying to get lock",
    "SQLSTATE[HY000] [1040] Too many connections",
    "timeout of 10000ms exceeded",
    "Something went wrong",
    "Internal error",
    "internal_server_error",
    "An error occurred while placing your order",
    "Unknown error",
    "Unexpected error, please contact support",
    "Operation timed out after 30001 milliseconds",
    "cURL error 28: Connection timed out",
    "Request failed with status code 502",
    "TypeError: Cannot read properties of undefined (reading 'id')",
    "Undefined index: order in /var/www/api.php on line 12",
    "Call to a member function save() on null",
    "Duplicate entry '7' for key 'orders.PRIMARY'",
    "java.lang.NullPointerException",
    "Unexpected token < in JSON at position 0",
    "ECONNRESET",
    "socket hang up",
    "Could not process your order",
    "Failed to create order",
    "Server is busy",
    "Ошибка сервера",
    "Системная ошибка",
    "Произошла ошибка",
    "Что-то пошло не так",
    "Erro interno do servidor",
    "Error del sistema",
    "Lỗi hệ thống",
    "Kesalahan sistem",
    "Sistem hatası",
    "系统错误",
    "Service Unavailable",
  ],
  reason: [
    "not_enough_funds",
    "Not enough funds on balance",
    "Insufficient balance, please top up",
    "neworder.error.link",
    "Link invalid",
    "Link is invalid, please try again",
    "Invalid link format. Please check it and try again later",
    "The link field is required.",
    "Quantity must be at least 100",
    "Minimum 100, maximum 500",
    "Minimum quantity 500",
    "You have active order with this link. Please wait until order being completed.",
    "This service is disabled",
    "Service not available",
    "Account is private",
    "Keywords required",
    "Saldo tidak cukup",
    "Error: Link is not supported by our system",
    "This link is not supported by our network",
    "LinkedIn connections: minimum 50",
  ],
  vague: ["error", "Error", "failed", "fail", "Please try again later", "Thử lại sau", "Попробуйте позже", "Order failed", "", "Error 7"],
  unknown: [
    "Layanan tidak aktif",
    "Nope",
    "Недостаточно средств",
    "Kunci salah",
    "余额不足",
    "Bu servis kapali",
    "Service under maintenance",
  ],
};

describe("an error's text", () => {
  const rows = Object.entries(TEXTS).flatMap(([subject, texts]) => texts.map((text) => [text, subject] as const));

  it.each(rows)("%j is about: %s", (text, subject) => {
    expect(subjectOf({ texts: [text] })).toBe(subject);
  });

  it("known by its code is about that, whatever its words", () => {
    expect(subjectOf({ texts: ["System error", "neworder.error.not_enough_funds"] })).toBe("reason");
    expect(subjectOf({ texts: ["Ошибка", "error.incorrect_order_id"] })).toBe("id");
  });

  it("is the same where only its figures differ", () => {
    expect(isSameText("Wait 12 s, please.", "wait 9 s please")).toBe(true);
    expect(isSameText("Kunci salah", "Layanan tidak aktif")).toBe(false);
  });
});
