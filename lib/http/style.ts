import { createHash } from 'node:crypto';
import { HANGING_MAX } from '../render/diff.ts';
import { MATRIX_STYLE } from '../render/matrix.ts';

const HANGING = Array.from(
  { length: HANGING_MAX + 1 },
  (_, n) => `.h${n}{padding-left:${n * 2}ch;text-indent:-${n * 2}ch}`,
).join('');

/** The one style sheet of every page. Changing a byte of it changes the Content-Security-Policy with it. */
export const STYLE = `
:root{color-scheme:light dark;
--bg:#f6f6f3;--card:#fff;--ink:#1b1f24;--soft:#565f6b;--line:#dcdfe3;--accent:#1d56b0;
--good:#13693d;--goodbg:#e3f3e9;--bad:#a8201a;--badbg:#fbe6e4;--warn:#7a4b00;--warnbg:#fcf0d8;--calm:#345069;--calmbg:#e8eef4;
--add:#e2f4e8;--addmark:#aee0bf;--del:#fce8e6;--delmark:#f5bcb6;--code:#f3f4f5}
@media (prefers-color-scheme:dark){:root{
--bg:#121519;--card:#1a1e23;--ink:#e7e9ec;--soft:#a3adb8;--line:#323941;--accent:#8db7ff;
--good:#7fd6a2;--goodbg:#16301f;--bad:#ff9d94;--badbg:#3a1a18;--warn:#f2c374;--warnbg:#352710;--calm:#a9c4de;--calmbg:#1d2833;
--add:#15301f;--addmark:#245c38;--del:#3b1c1a;--delmark:#74302b;--code:#14181c}}
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
.bar,main,.foot{max-width:60rem;margin:0 auto;padding:0 1rem}
.bar{display:flex;flex-wrap:wrap;gap:.25rem 1rem;justify-content:space-between;align-items:baseline;padding-top:1rem;padding-bottom:1rem;color:var(--soft);font-size:.9rem}
.brand{font-weight:650;letter-spacing:.01em;color:var(--ink)}
section,.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.1rem 1rem;margin:0 0 1rem}
@media (min-width:40rem){section,.card{padding:1.5rem 1.75rem}}
h1{font-size:1.6rem;line-height:1.2;letter-spacing:-.015em;margin:.15rem 0 .35rem;font-weight:680}
h2{font-size:1.1rem;line-height:1.3;margin:0 0 .6rem;font-weight:650}
h3{font-size:.95rem;margin:1.1rem 0 .35rem;font-weight:650}
p{margin:0 0 .6rem}p:last-child,ul:last-child,ol:last-child,dl:last-child{margin-bottom:0}
a{color:var(--accent)}
ul,ol{margin:0 0 .6rem;padding-left:1.3rem}li{margin:.3rem 0}
.soft{color:var(--soft)}.small{font-size:.875rem}
.eyebrow{color:var(--soft);font-size:.9rem;margin:0}
.pills{display:flex;flex-wrap:wrap;gap:.4rem;margin:0 0 .8rem}
.pill{display:inline-block;border-radius:1rem;padding:.1rem .7rem;font-size:.85rem;font-weight:600;background:var(--calmbg);color:var(--calm)}
.good{background:var(--goodbg);color:var(--good)}.bad{background:var(--badbg);color:var(--bad)}.warn{background:var(--warnbg);color:var(--warn)}.calm{background:var(--calmbg);color:var(--calm)}
.notice{border-radius:.75rem;padding:.9rem 1.1rem;margin:0 0 1rem;font-weight:550}
.words{white-space:pre-wrap;border-left:3px solid var(--line);padding:.1rem 0 .1rem .9rem;margin:.8rem 0}
dl.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.35rem .9rem;margin:.9rem 0 0;font-size:.925rem}
dl.facts code{font-size:.8em;padding:0;background:none}dl.facts dt{color:var(--soft)}dl.facts dd{margin:0}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.85em}
code{background:var(--code);border-radius:.25rem;padding:.05em .3em}
.cp{background:var(--warnbg);color:var(--warn);font-weight:650;border-radius:.2rem}
.sentences{list-style:none;padding:0;margin:0}
.sentences li{padding:.5rem 0;margin:0;border-top:1px solid var(--line)}
.sentences li:first-child{border-top:0;padding-top:0}
.tag{display:inline-block;border-radius:.3rem;padding:0 .45rem;font-size:.82rem;font-weight:650}
.flag{border-radius:.5rem;padding:.6rem .8rem;margin:0 0 .7rem;font-weight:550}
details{margin:.5rem 0 0}
summary{cursor:pointer;padding:.7rem 0;min-height:2.75rem;color:var(--accent);font-weight:550}
summary:focus-visible,a:focus-visible,button:focus-visible,input:focus-visible,textarea:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
pre{background:var(--code);border:1px solid var(--line);border-radius:.5rem;padding:.7rem .8rem;margin:.4rem 0 .6rem;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.5;tab-size:2}
pre.copy{user-select:all;-webkit-user-select:all}
.diff{border:1px solid var(--line);border-radius:.5rem;overflow:hidden;margin:.6rem 0;line-height:1.55}
.row{display:flex;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.8rem}
.sign{flex:none;width:1.6rem;text-align:center;user-select:none;-webkit-user-select:none;color:var(--soft)}
.line{flex:1;min-width:0;min-height:1.55em;white-space:pre-wrap;word-break:break-all;border-right:.5rem solid transparent}
${HANGING}
.doc{background:var(--code);border:1px solid var(--line);border-radius:.5rem;padding:.7rem .4rem .7rem .8rem;margin:.4rem 0 .6rem;line-height:1.55;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.8rem}
.row.added{background:var(--add)}.row.removed{background:var(--del)}
.row.added .sign{color:var(--good);font-weight:700}.row.removed .sign{color:var(--bad);font-weight:700}
.row mark{color:inherit;border-radius:.15rem;background:var(--addmark)}.row.removed mark{background:var(--delmark)}
.part{background:var(--calmbg);color:var(--calm);padding:.3rem .6rem;font-size:.82rem;font-weight:600;border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
.part:first-child{border-top:0}
.diff details{margin:0}
.diff summary{padding:.55rem .6rem;font-size:.82rem;background:var(--code)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.finding{border-left:4px solid var(--line);padding:.1rem 0 .1rem .9rem;margin:0 0 1rem}
.finding.error{border-color:var(--bad)}.finding.warning{border-color:var(--warn)}.finding.info{border-color:var(--calm)}
.finding p{margin:.2rem 0}
.people{list-style:none;padding:0}
label{display:block;font-weight:600;margin:0 0 .3rem}
.hint{color:var(--soft);font-size:.9rem;margin:0 0 .4rem}
textarea,input[type=text]{display:block;width:100%;font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);border-radius:.5rem;padding:.7rem .8rem;margin:0 0 1.1rem}
input[type=text]{min-height:3rem}textarea{min-height:6.5rem;resize:vertical}
.buttons{display:grid;gap:.75rem;grid-template-columns:1fr}
@media (min-width:30rem){.buttons{grid-template-columns:1fr 1fr}}
button{font:inherit;font-weight:650;min-height:3.25rem;border-radius:.6rem;border:2px solid transparent;padding:.6rem 1rem;cursor:pointer}
button.yes{background:var(--good);color:var(--card)}
button.no{background:transparent;color:var(--bad);border-color:var(--bad)}
.jump{display:inline-block;padding:.7rem 0;margin-top:.3rem;font-weight:600}
.foot{color:var(--soft);font-size:.85rem;padding-top:.5rem;padding-bottom:2.5rem}
@media print{body{background:#fff}section{break-inside:avoid}}
body:has(.report) :is(.bar,main){max-width:75rem}
.report .rows{overflow-x:auto}
.report table{border-collapse:collapse;font-size:.9em}
.report .rows table{width:100%;min-width:44rem;table-layout:fixed}
.report .counts th{padding-right:2rem}
.report .changes th:nth-child(1),.report .exceptions th:nth-child(1){width:17%}
.report .changes th:nth-child(2){width:14%}
.report .changes th:nth-child(4){width:20%}
.report .changes th:nth-child(5){width:13%}
.report .exceptions th:nth-child(3){width:21%}
.report .exceptions th:nth-child(4){width:29%}
.report th,.report td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.report thead{display:table-header-group}
@media print{.report{font-size:9pt}.report .small{font-size:8pt}.report .rows{overflow:visible}.report .rows table{min-width:0}.report section{break-inside:auto;box-shadow:none}.report tr{break-inside:avoid}}
${MATRIX_STYLE}
.matrix{position:relative}
.matrix caption{width:min(100%,calc(100vw - 4.5rem));position:sticky;left:0}
@media (max-width:40rem){
.matrix tbody th,.matrix thead th:first-child{position:sticky;left:0;background:var(--card);min-width:8.5rem;max-width:9.5rem;padding-left:0}
.matrix table{font-size:.82rem}.matrix th,.matrix td{padding:.4rem .45rem}}
`;

/** What the Content-Security-Policy names instead of trusting any inline style. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE, 'utf8').digest('base64')}'`;
