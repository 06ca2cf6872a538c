import type { Catalogue } from "./shape.ts";

/** Bahasa Indonesia. */
export const id: Catalogue = {
  units: {
    minute: "mnt",
    hour: "j",
    day: "hr",
    second: "dtk",
    in: (span) => `dalam ${span}`,
    ago: (span) => `${span} lalu`,
    now: "sekarang",
    unknown: "tidak diketahui",
    never: "tidak pernah",
  },
  general: {
    risk: "Risiko basis, likuidasi satu sisi, auto-deleveraging, bursa, dan stablecoin tetap ada. Funding dapat berubah sampai dibayarkan. Ini informasi, bukan saran.",
    simulated: "PASAR SIMULASI: tidak ada yang bisa diperdagangkan di sini.",
    needsStart: "Kirim /start dulu: hanya tiga ketukan.",
    notUnderstood: "Saya tidak mengerti. /help menampilkan semua yang bisa saya lakukan.",
    failed: "Ada masalah di pihak kami. Sudah dicatat; silakan coba lagi sebentar lagi.",
    noData: "Belum ada data pemindaian. Silakan coba lagi dalam dua menit.",
    operatorsOnly: "Ini hanya untuk operator.",
    privateOnly: "Silakan tanyakan itu di obrolan pribadi kita.",
    reload: "Muat ulang",
    back: "Kembali",
    next: "Berikutnya",
    previous: "Sebelumnya",
  },
};
