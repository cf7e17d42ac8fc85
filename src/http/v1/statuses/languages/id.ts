/** Indonesian. */
import type { Texts } from "./en.ts";

export const id: Texts = {
  statuses: {
    pending: {
      meaning: "Pesanan sudah masuk dan menunggu giliran. Belum ada yang dikirim.",
      what_to_do: "Tunggu sesuai waktu mulai yang tertera pada layanan. Pastikan tautan dapat dibuka oleh siapa saja.",
    },
    processing: {
      meaning: "Pesanan sedang disiapkan. Pengiriman mungkin segera dimulai.",
      what_to_do:
        "Tunggu, dan jangan membuat pesanan kedua untuk tautan yang sama. Hubungi dukungan jika sudah jauh melewati waktu mulai yang biasa.",
    },
    in_progress: {
      meaning: "Pengiriman sedang berjalan dan jumlah yang tersisa terus berkurang.",
      what_to_do: "Biarkan tautan tetap publik dan tidak berubah sampai pesanan selesai.",
    },
    completed: {
      meaning: "Pesanan dilaporkan sudah terkirim seluruhnya.",
      what_to_do: "Bandingkan jumlah sekarang dengan jumlah awal. Jika nanti turun dan layanan menyediakan isi ulang, ajukan isi ulang.",
    },
    partial: {
      meaning: "Sebagian sudah terkirim dan sisanya tidak akan datang. Pesanan ditutup.",
      what_to_do:
        "Tidak ada. Pengembalian untuk bagian yang kurang akan terlihat di saldo setelah diputuskan. Pesan lagi sisanya jika masih diinginkan.",
    },
    canceled: {
      meaning: "Pesanan dibatalkan.",
      what_to_do:
        "Tidak ada. Pengembalian akan terlihat di saldo setelah diputuskan. Periksa tautan dan ketentuan layanan sebelum memesan lagi.",
    },
    refunded: {
      meaning: "Pesanan dibatalkan, seluruhnya atau untuk bagian yang tidak terkirim.",
      what_to_do: "Tidak ada. Pengembalian akan terlihat di saldo setelah diputuskan.",
    },
    error: {
      meaning: "Ada yang salah dengan pesanan ini: tautannya, datanya, atau layanannya.",
      what_to_do:
        "Cocokkan tautan dan jumlah dengan aturan layanan, lalu tanyakan kelanjutan pesanan kepada dukungan. Dukungan memeriksanya sebelum ada uang yang berpindah.",
    },
    unknown: {
      meaning: "Keadaan pesanan saat ini belum diketahui dengan pasti. Pesanan tetap dipantau.",
      what_to_do: "Tunggu. Hubungi dukungan jika ini berlangsung lebih dari sehari.",
    },
  },
  flags: {
    overdue: {
      meaning: "Pesanan belum dimulai dalam waktu yang biasa.",
      what_to_do: "Pastikan tautan benar dan publik, lalu hubungi dukungan. Jangan membuat pesanan kedua untuk tautan yang sama.",
    },
    stalled: {
      meaning: "Pesanan sudah dimulai, tetapi sudah beberapa lama tidak bergerak.",
      what_to_do: "Pastikan tautan masih ada dan publik, lalu hubungi dukungan.",
    },
    duplicate_link: {
      meaning: "Saat pesanan ini masuk, pesanan lain untuk tautan yang sama masih berjalan.",
      what_to_do: "Tunggu sampai yang pertama selesai. Dua pesanan sekaligus bisa menghitung unit yang sama dua kali.",
    },
  },
};
