/** How the page looks: on a wide and a narrow screen, light and dark, and on paper. */
export const style = `
:root{color-scheme:light dark;--ground:#fbfbfa;--text:#1d2021;--faint:#5f6469;--line:#dcdfe2;--lane:#eef0f1;--go:#2f7d4f;--back:#8a5200;--bad:#b3261e;--answer:#7b8794;--focus:#1a5fb4;--outage:rgb(179 38 30/.16)}
@media (prefers-color-scheme:dark){:root{--ground:#16181a;--text:#e6e8ea;--faint:#9aa1a8;--line:#33383d;--lane:#22262a;--go:#5fbf86;--back:#e0a045;--bad:#ff7a70;--answer:#8d99a6;--focus:#7ab8ff;--outage:rgb(255 122 112/.22)}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:68rem;padding:2rem 1.25rem 4rem;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{margin:.1rem 0 0;font-size:1.7rem;line-height:1.2}h1 small{font-weight:400;color:var(--faint)}
h2{margin:2.2rem 0 .5rem;font-size:1.05rem}small,.axis,.legend,.note,.when{color:var(--faint);font-size:.8rem}code{font-size:.85em}
.unseen,#figures-heading{position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.outcome{margin:0;font-weight:600}.outcome.done{color:var(--go)}.outcome.paused,.outcome.reversed,.skip{color:var(--back)}.outcome.reverse-failed,.outcome.attention,.problem,.protected{color:var(--bad)}
.protected{font-size:.8rem;vertical-align:middle;border:1px solid;border-radius:3px;padding:.1rem .35rem}p.problem,p.skip{margin:.2rem 0 0;font-size:.85rem}
#contact{margin:.4rem 0 0;color:var(--faint);font-size:.85rem}.stale #contact{margin-top:.8rem;padding:.6rem .8rem;border:2px solid var(--bad);border-radius:4px;color:var(--bad);font-weight:600}
:is(.stale,.halted) .clock{font-style:italic}:is(.stale,.halted) .clock::after{content:" (stopped)";font-size:.75rem}
dl{margin:0}dd{margin:0}.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1.25rem;margin-top:1.5rem;padding:1rem 0;border-block:1px solid var(--line)}
.figures dt{font-size:.78rem;font-weight:600;color:var(--faint)}.figures dd:not(.note){margin:.1rem 0;font-size:1.5rem;font-variant-numeric:tabular-nums;line-height:1.2}.figures .problem dt{color:inherit}.note details{margin:0}.note ul{margin:0;padding-left:1rem}.figures>div:has(details[open]){grid-column:1/-1}
.now>div{display:grid;grid-template-columns:12rem 1fr;gap:.75rem;padding:.3rem 0;border-bottom:1px solid var(--line)}.now dt{color:var(--faint)}.clock{font-variant-numeric:tabular-nums}
.log{margin:0;padding:0;list-style:none}.log li{display:grid;grid-template-columns:9rem 1fr;padding:.2rem 0;border-bottom:1px solid var(--line)}.when{padding-top:.1rem;font-variant-numeric:tabular-nums}
details{margin-top:1.2rem}summary{padding:.25rem 0;cursor:pointer}summary h3{display:inline;margin:0 .5rem 0 0;font-size:1.05rem}.tally{color:var(--faint);font-size:.85rem}
summary:focus-visible,a:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:2px}
table{width:100%;table-layout:fixed;border-collapse:collapse;font-variant-numeric:tabular-nums}
thead th{padding:.25rem .75rem .25rem 0;text-align:left;font-size:.78rem;font-weight:600;color:var(--faint);border-bottom:1px solid var(--line)}
td,tbody th{padding:.35rem .75rem .35rem 0;text-align:left;font-weight:400;vertical-align:top;border-bottom:1px solid var(--line)}
.number,thead th.number{text-align:right;white-space:nowrap}.state{white-space:nowrap}
.state.done{color:var(--go)}.state.failed,.state.reverse-failed{color:var(--bad)}.state.reversed,.state.skipped{color:var(--back)}.state.not-started,.state.passed,.state.not-passed{color:var(--faint)}
thead th:nth-child(1){width:8rem}thead th:nth-child(3),thead th:nth-child(4){width:5.5rem}thead th:last-child{width:42%;padding-right:0}.compared thead th:nth-child(1){width:17rem}.axis{display:flex;justify-content:space-between;margin:0;font-weight:400}
tbody td.lane{position:relative;padding:0}.lane::before{content:"";position:absolute;inset:.45rem 0 auto;height:1.2rem;background:var(--lane);border-radius:2px}
.bar{position:absolute;top:.6rem;height:.85rem;min-width:2px;border-radius:2px}
.forward{background:var(--go)}.reverse{background:var(--back)}.bad{background:var(--bad)}
.answer{background:repeating-linear-gradient(45deg,var(--answer) 0 3px,var(--lane) 3px 6px)}
.earlier{background:var(--faint)}.bar.earlier{top:1.5rem;height:3px}
.outage{background:var(--outage)}.bar.outage{top:0;height:100%;border-radius:0;border-inline:1px solid var(--bad)}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:.6rem 0 0}.mark{display:inline-block;width:1.2rem;height:.7rem;margin-right:.4rem;border-radius:2px}.mark.earlier{height:3px;vertical-align:middle}.mark.outage{border-inline:1px solid var(--bad);border-radius:0}
.units{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.4rem;margin:.5rem 0 0;padding:0;list-style:none}
.unit{padding:.3rem .5rem;border:1px solid var(--line);border-left:4px solid var(--answer);border-radius:3px;font-size:.85rem;line-height:1.3}.unit strong{display:block;font-weight:600}.unit span{color:var(--faint)}
.unit.running{border-left-color:var(--focus)}.unit.done{border-left-color:var(--go)}.unit.failed,.unit.needs-person{border-left-color:var(--bad)}.unit.left-out{border-left-color:var(--line)}.unit.outage-now{border-color:var(--bad);border-left-width:4px;background:var(--outage)}.unit:is(.failed,.needs-person,.outage-now) span{color:var(--bad)}
ul{padding-left:1.2rem}footer{margin-top:2.5rem;color:var(--faint);font-size:.85rem}footer p{margin:.2rem 0}
@media (max-width:46rem){body{padding:1.25rem .9rem 3rem}h1{font-size:1.4rem}table,thead,tbody{display:block}
tr{display:grid;grid-template-columns:7.5rem 1fr auto;border-bottom:1px solid var(--line)}.now>div{grid-template-columns:1fr;gap:0}.log li{display:block}.when{display:block}
tbody td,tbody th{border:0;padding-right:.5rem}thead th:not(:last-child),td:nth-child(4){display:none}thead tr{grid-template-columns:1fr}thead th:last-child{width:auto}
tbody td.lane{grid-column:1/-1;height:2rem}.compared thead,.compared td:empty{display:none}.compared tr{grid-template-columns:1fr}}
@media print{:root{font-size:12px;color-scheme:light;--ground:#fff;--text:#000;--faint:#555;--line:#ccc;--lane:#eee;--go:#2f7d4f;--back:#8a5200;--bad:#b3261e;--answer:#7b8794;--outage:rgb(179 38 30/.16)}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}body{max-width:none;padding:0;font-size:12px}tr,.figures,li{break-inside:avoid}summary,h2{break-after:avoid}}
`;
