/**
 * The style of a report, the only one that its page allows. The names of colours are those of their use; every text has a
 * contrast of at least 4.5 with what is behind it.
 */
export const STYLE = `
:root{color-scheme:light dark;--page:#f3f5f8;--panel:#fff;--text:#18212f;--soft:#525d6d;--line:#dbe1e9;--faint:#f7f9fb;--accent:#1f46b4;--tint:#e8eefc;
--ok:#0d5f36;--ok-tint:#e1f3e9;--warn:#744500;--warn-tint:#fcefd2;--bad:#9b1020;--bad-tint:#fde6e8}
@media screen and (prefers-color-scheme:dark){:root{--page:#0d1219;--panel:#161d27;--text:#e7ebf1;--soft:#a6b1c1;--line:#2b3544;--faint:#1a2330;--accent:#a3b9ff;--tint:#1f2b4a;
--ok:#84dcaa;--ok-tint:#123422;--warn:#f3c876;--warn-tint:#38290a;--bad:#ff9fa9;--bad-tint:#421419}}
@media print{:root{color-scheme:light;--page:#fff;--faint:#fff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;overflow-wrap:anywhere}
header,main,footer,nav{max-width:74rem;margin:0 auto;padding:0 1.5rem}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-100rem;top:0;background:var(--panel);padding:.6rem 1rem;z-index:9}
.skip:focus{left:.5rem;top:.5rem}
.sr{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
header{padding-top:2.4rem;padding-bottom:.4rem}
h1{font-size:1.95rem;line-height:1.2;letter-spacing:-.02em;margin:0 0 .5rem}
h2{font-size:1.3rem;line-height:1.3;letter-spacing:-.01em;margin:0 0 .35rem}
h3{font-size:1rem;margin:1.6rem 0 .4rem}
p{margin:.35rem 0;max-width:46rem}
.lead,.note,caption,dt{color:var(--soft)}
.note{font-size:.875rem}
.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.86em}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:1rem 0 0;font-size:.875rem}
.facts dd{margin:0;min-width:0}
nav{margin-top:1.2rem;font-size:.9rem}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;list-style:none;margin:0;padding:.7rem 0;border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
main{padding-top:1.4rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.3rem,1fr));gap:.8rem;margin:0 0 1.2rem;padding:0;list-style:none}
.cards li{background:var(--panel);border:1px solid var(--line);border-top:3px solid var(--accent);border-radius:.5rem;padding:.75rem .95rem .8rem}
.cards .ok{border-top-color:var(--ok)}.cards .warn{border-top-color:var(--warn)}.cards .bad{border-top-color:var(--bad)}
.cards b{display:block;font-size:1.75rem;line-height:1.15;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.cards .bad b{color:var(--bad)}.cards .warn b{color:var(--warn)}
.cards span{display:block;font-size:.85rem;color:var(--soft);line-height:1.35}
section{background:var(--panel);border:1px solid var(--line);border-radius:.6rem;padding:1.35rem 1.5rem 1.5rem;margin:0 0 1.2rem;min-width:0}
section h2{scroll-margin-top:1rem}
.scroll{position:relative;overflow-x:auto;margin:.8rem 0 0;border:1px solid var(--line);border-radius:.45rem;max-width:100%}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums;overflow-wrap:normal}
caption{text-align:left;font-size:.85rem;padding:.55rem .8rem;border-bottom:1px solid var(--line);caption-side:top}
th,td{text-align:left;vertical-align:top;padding:.45rem .8rem;border-bottom:1px solid var(--line);background:var(--panel)}
tbody tr:last-child>*{border-bottom:0}
thead th{background:var(--faint);font-weight:600;font-size:.82rem;color:var(--soft);white-space:nowrap}
tbody th{font-weight:600}tbody th time{font-weight:400}
td.wide,th.wide{min-width:14rem;overflow-wrap:anywhere}
time{white-space:nowrap}
.matrix thead th{vertical-align:bottom;color:var(--text);font-size:.88rem;min-width:7.5rem;max-width:17rem;white-space:normal}
.matrix thead th:first-child,.matrix tbody th{position:sticky;left:0;z-index:1;min-width:7.2rem;max-width:12rem;border-right:1px solid var(--line);overflow-wrap:anywhere}
.matrix td{text-align:center;vertical-align:middle}
.matrix thead th+th{text-align:center}
.matrix small,.sub{display:block;font-weight:400;color:var(--soft);font-size:.8rem}
.rights{display:inline-flex;gap:.25rem;white-space:nowrap}
.r{flex:none;display:inline-block;width:1.5rem;height:1.5rem;line-height:1.5rem;text-align:center;border-radius:.3rem;font-size:.78rem;font-weight:700}
.r.decrypt{background:var(--accent);color:var(--panel)}
.r.encrypt{background:var(--tint);color:var(--accent)}
.r.manage{background:var(--panel);color:var(--accent);box-shadow:inset 0 0 0 1.5px var(--accent)}
.none{color:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:.4rem 1.3rem;list-style:none;padding:0;margin:.8rem 0 0;font-size:.875rem}
.legend li{display:flex;gap:.45rem;align-items:baseline}
.tag{display:inline-block;padding:.06rem .55rem;border-radius:1rem;font-size:.8rem;font-weight:600;white-space:nowrap;background:var(--tint);color:var(--accent)}
.tag.ok{background:var(--ok-tint);color:var(--ok)}.tag.warn{background:var(--warn-tint);color:var(--warn)}.tag.bad{background:var(--bad-tint);color:var(--bad)}
.attention{list-style:none;margin:.7rem 0 0;padding:0}
.attention li{display:flex;gap:.8rem;padding:.5rem 0;border-top:1px solid var(--line);align-items:baseline}
.attention .tag{flex:none;min-width:5.6rem;text-align:center}
details{margin:.8rem 0 0;border:1px solid var(--line);border-radius:.45rem}
details+details{margin-top:.5rem}
summary{cursor:pointer;padding:.55rem .8rem;font-size:.9rem}
summary .sub{display:inline;margin-left:.4rem}
details>.scroll{border-width:1px 0 0;border-radius:0 0 .45rem .45rem;margin:0}
details caption{position:absolute;width:1px;height:1px;padding:0;border:0;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
svg{display:block;max-width:100%;height:auto;margin:.9rem 0 0}
svg text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;fill:var(--soft)}
.bar{fill:var(--accent)}.axis{stroke:var(--line)}
footer{padding-bottom:2.5rem;color:var(--soft);font-size:.85rem}
@media (max-width:36rem){body{font-size:14.5px}header,main,footer,nav{padding-left:1rem;padding-right:1rem}header{padding-top:1.5rem}section{padding:1.1rem 1rem 1.2rem}h1{font-size:1.6rem}
.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.45rem}.cards{grid-template-columns:1fr 1fr;gap:.6rem}.attention li{flex-direction:column;gap:.2rem}
.matrix tbody th,.matrix thead th:first-child{max-width:8rem}}
@page{margin:16mm 14mm}
@media print{body{font-size:10pt}.cards{grid-template-columns:repeat(3,1fr);margin-top:12pt}.matrix small,.sub{font-size:.9em}.matrix thead th,thead th,tbody th{font-size:1em}caption,.note{font-size:8.5pt}summary{font-size:9pt;padding:4pt 5pt}.tag{font-size:7.5pt}header,main,footer{max-width:none;padding:0}main{padding-top:0}nav,.skip{display:none}
section{border:0;border-top:1.5pt solid var(--text);border-radius:0;padding:8pt 0 12pt;margin:0}h1{font-size:20pt}h2{font-size:13.5pt}h2,h3,summary,caption{break-after:avoid}
.cards li,.attention li,tr,svg{break-inside:avoid}thead{display:table-header-group}.scroll{overflow:visible}td.wide,th.wide{min-width:0}
table{font-size:8.5pt;overflow-wrap:anywhere}th,td{padding:3pt 5pt}.matrix thead th,.matrix tbody th{min-width:0;position:static}
.r,.tag,.cards li,.bar{print-color-adjust:exact;-webkit-print-color-adjust:exact}
details::details-content{display:block;content-visibility:visible;block-size:auto}summary{list-style:none}summary::-webkit-details-marker{display:none}}
`

/** Of the style, for the page's Content-Security-Policy. */
export const STYLE_HASH = 'sha256-vfCr8SLP7ks6rI13X6CAYYZiGTXpkeiEtI2FKeg0Uo4='
