import { Markup } from './markup.js'

/**
 * The look of a report: one column on a phone, several plots beside each other where there is room, tables that scroll in
 * their own box, with a shadow at the edge behind which there is more, the reader's choice of light or dark. Colours after Okabe and Ito, which people who see few colours tell
 * apart, with the same hues lighter on dark.
 */
export const STYLE = new Markup(
  `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--paper:#fff;--rule:#d8dee4;--warn:#fff3cd;--edge:#0005;
--k0:#0072b2;--k1:#d55e00;--k2:#009e73;--k3:#b0508a;--k4:#b98300;--k5:#3e9bd6;--k6:#555c64}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa4ae;--paper:#14171a;--rule:#343a41;--warn:#4a3c10;--edge:#fff6;
--k0:#4f9fe0;--k1:#ff8a4c;--k2:#2cc29a;--k3:#e39ac4;--k4:#e6b23c;--k5:#9ad1f5;--k6:#b4bcc4}}
*{box-sizing:border-box}
body{margin:0 auto;padding:16px;max-width:1160px;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.2;margin:.2em 0}h2{font-size:1.2rem;margin:2em 0 .3em}h3{font-size:1rem;margin:1.2em 0 .2em}
p{margin:.3em 0 .6em;max-width:75ch}ul{padding-left:1.2em}.read{color:var(--soft)}.warn{background:var(--warn);padding:.6em .8em;border-radius:6px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em 1em;margin:.6em 0}dt{color:var(--soft)}dd{margin:0}
@media(max-width:480px){dl{grid-template-columns:1fr}dt{margin-top:.3em}}
.box{overflow-x:auto;margin:.6em 0;border:1px solid var(--rule);border-radius:6px;background:linear-gradient(to left,var(--paper) 50%,transparent) right/40px 100% no-repeat local,linear-gradient(to left,var(--edge),transparent) right/14px 100% no-repeat scroll}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;overflow-wrap:normal;width:100%}
th,td{padding:.35em .6em;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule);vertical-align:top}
tr:last-child>*{border-bottom:0}th{font-weight:600}thead th{color:var(--soft);font-weight:500;white-space:normal;vertical-align:bottom;border-bottom-color:var(--soft)}
th:first-child{text-align:left;position:sticky;left:0;background:var(--paper);white-space:normal;min-width:7.5em;max-width:13em}
small{font-weight:400;display:block;color:var(--soft);font-size:.78rem}
.grid-of-plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:12px}
figure{margin:0;min-width:0}figcaption{font-weight:600;font-size:.9rem}.wide{max-width:560px}
svg{display:block;width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:var(--soft)}svg .title{fill:var(--ink)}svg .name{fill:var(--ink);font-size:12px}
svg path{vector-effect:non-scaling-stroke}.grid{stroke:var(--rule);fill:none}.base{stroke:var(--soft);fill:none}
.line{fill:none;stroke:var(--c);stroke-width:1.15;stroke-linejoin:round;stroke-linecap:round}.stem{fill:none;stroke:var(--c);stroke-width:1.2}
.mark{fill:var(--c);stroke:var(--paper);stroke-width:.8}.bar{fill:var(--c)}.whisker{fill:none;stroke:var(--ink);stroke-width:1.4}
.band{fill:var(--c);fill-opacity:.17;stroke:none}.target{fill:none;stroke:var(--ink);stroke-width:1;stroke-dasharray:4 3}
.beside{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:2 3}.at{fill:none;stroke:var(--ink);stroke-width:1.2;stroke-dasharray:5 3}
.buy{fill:var(--k2);stroke:none}.sell{fill:var(--k1);stroke:none}
.c0{--c:var(--k0)}.c1{--c:var(--k1)}.c2{--c:var(--k2)}.c3{--c:var(--k3)}.c4{--c:var(--k4)}.c5{--c:var(--k5)}.c6{--c:var(--k6)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2em 1.2em;padding:0;margin:.4em 0;font-size:.88rem}.legend li{display:flex;align-items:center;gap:.45em}
svg.key{width:28px;height:12px;flex:none}
details{border-top:1px solid var(--rule);padding:.4em 0}summary{cursor:pointer;font-weight:600;padding:.3em 0}
`.trim(),
)
