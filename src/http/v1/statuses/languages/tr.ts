/** Turkish. */
import type { Texts } from "./en.ts";

export const tr: Texts = {
  statuses: {
    pending: {
      meaning: "Sipariş alındı, sırasını bekliyor. Henüz teslimat yapılmadı.",
      what_to_do: "Serviste belirtilen başlama süresi kadar bekleyin. Bağlantının herkese açık olduğundan emin olun.",
    },
    processing: {
      meaning: "Sipariş hazırlanıyor. Teslimat birazdan başlayabilir.",
      what_to_do:
        "Bekleyin ve aynı bağlantı için ikinci bir sipariş vermeyin. Olağan başlama süresi fazlasıyla aşılırsa destekle iletişime geçin.",
    },
    in_progress: {
      meaning: "Teslimat sürüyor, kalan miktar azalıyor.",
      what_to_do: "Sipariş bitene kadar bağlantıyı değiştirmeyin ve herkese açık tutun.",
    },
    completed: {
      meaning: "Siparişin tamamının teslim edildiği bildirildi.",
      what_to_do: "Güncel sayıyı başlangıç sayısıyla karşılaştırın. Sayı sonradan düşerse ve servis telafi sunuyorsa telafi isteyin.",
    },
    partial: {
      meaning: "Bir kısmı teslim edildi, kalanı gelmeyecek. Sipariş kapandı.",
      what_to_do:
        "Bir şey yapmanız gerekmez. Eksik kısım için iade edilecek tutar, karar verilince bakiyede görünür. Kalanını isterseniz yeniden sipariş verin.",
    },
    canceled: {
      meaning: "Sipariş iptal edildi.",
      what_to_do:
        "Bir şey yapmanız gerekmez. İade edilecek tutar, karar verilince bakiyede görünür. Yeniden sipariş vermeden önce bağlantıyı ve servis koşullarını kontrol edin.",
    },
    refunded: {
      meaning: "Siparişin tamamı ya da teslim edilmeyen kısmı geri alındı.",
      what_to_do: "Bir şey yapmanız gerekmez. İade edilecek tutar, karar verilince bakiyede görünür.",
    },
    error: {
      meaning: "Siparişte bir sorun var: bağlantıda, bilgilerde ya da serviste.",
      what_to_do:
        "Bağlantının ve miktarın servis kurallarına uyduğunu kontrol edin, siparişin nasıl süreceğini desteğe sorun. Herhangi bir para işlemi olmadan önce destek siparişi inceler.",
    },
    unknown: {
      meaning: "Siparişin şu anki durumu kesin olarak bilinmiyor. Takibi sürüyor.",
      what_to_do: "Bekleyin. Bu durum bir günden uzun sürerse desteğe yazın.",
    },
  },
  flags: {
    overdue: {
      meaning: "Sipariş olağan süresi içinde başlamadı.",
      what_to_do:
        "Bağlantının doğru ve herkese açık olduğundan emin olun, ardından desteğe yazın. Aynı bağlantı için ikinci bir sipariş vermeyin.",
    },
    stalled: {
      meaning: "Sipariş başlamıştı, ancak bir süredir ilerlemiyor.",
      what_to_do: "Bağlantının hâlâ var ve herkese açık olduğundan emin olun, ardından desteğe yazın.",
    },
    duplicate_link: {
      meaning: "Bu sipariş geldiğinde aynı bağlantı için başka bir sipariş hâlâ sürüyordu.",
      what_to_do: "İlk siparişin bitmesini bekleyin. Aynı anda iki sipariş, aynı adetleri iki kez sayabilir.",
    },
  },
};
