/** How the page of a call looks: light and dark as the system has it, and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1b1f24; --dim: #5c6570; --line: #dfe3e8; --hover: #eef1f4;
  --caller: #2563c9; --bot: #0d8a5f; --wait: #d9822b; --bad: #c62f3b; --struck: #a2303a;
  --s0: #b98a2f; --s1: #7a6fd0; --s2: #2f86c9; --s3: #2aa3a3; --s4: #3f9d57; --s5: #9aa3ad;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #111418; --card: #191d23; --text: #e6e9ed; --dim: #98a2ae; --line: #2b313a; --hover: #232932;
    --caller: #6ea3f7; --bot: #4cc795; --wait: #eda65a; --bad: #f2777f; --struck: #f08a92;
    --s0: #d8ac58; --s1: #a79cf2; --s2: #6bb4ec; --s3: #5bcaca; --s4: #74c98a; --s5: #7c8692;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 22px; line-height: 1.25; margin: 0 0 4px; font-weight: 650; }
h2 { font-size: 15px; margin: 32px 0 10px; font-weight: 650; }
p { margin: 0; }
.dim { color: var(--dim); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.problems { margin: 14px 0 0; padding: 10px 14px; border-left: 3px solid var(--wait); }
.problems ul { margin: 0; padding-left: 18px; }
dl.facts { display: grid; grid-template-columns: repeat(5, 1fr); gap: 1px; margin: 18px 0 0;
  overflow: hidden; background: var(--line); }
dl.facts div { background: var(--card); padding: 10px 14px; }
dl.facts dt { color: var(--dim); font-size: 12.5px; }
dl.facts dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
dl.facts dd small { display: block; font-weight: 400; color: var(--dim); font-size: 12.5px; }
.player { position: sticky; top: 0; z-index: 2; margin-top: 18px; padding: 10px 14px 12px; box-shadow: 0 6px 16px -12px #0008; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; }
button, select { font: inherit; font-size: 13.5px; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: 7px; padding: 4px 11px; cursor: pointer; }
button:hover, select:hover { background: var(--hover); }
button:focus-visible, select:focus-visible, canvas:focus-visible { outline: 2px solid var(--caller); outline-offset: 1px; }
#play { min-width: 76px; font-weight: 600; }
#time { font-variant-numeric: tabular-nums; min-width: 104px; }
.key { display: inline-flex; align-items: center; gap: 5px; font-size: 12.5px; color: var(--dim); }
.key::before { content: ''; width: 10px; height: 10px; border-radius: 3px; background: var(--of); }
.push { margin-left: auto; }
canvas { display: block; width: 100%; height: 132px; margin-top: 8px; cursor: text; border-radius: 4px; touch-action: pan-y; }
.talk { padding: 6px 0; }
.said { display: grid; grid-template-columns: 62px 74px 1fr; gap: 0 10px; padding: 5px 14px; border-left: 3px solid transparent; }
.said.now { background: var(--hover); border-left-color: var(--of); }
.said .who { color: var(--of); font-weight: 600; }
.said .words { overflow-wrap: anywhere; }
.said s { color: var(--struck); text-decoration-thickness: 1px; }
.said.aside .words { color: var(--dim); font-size: 13.5px; }
a.at { color: var(--dim); font-variant-numeric: tabular-nums; text-decoration: none; font-size: 13px; padding-top: 1px; }
a.at:hover { text-decoration: underline; }
.chip { display: inline-block; font-size: 12px; line-height: 1.5; padding: 0 7px; border-radius: 9px; background: var(--hover);
  color: var(--dim); white-space: nowrap; font-variant-numeric: tabular-nums; }
.chip.bad { color: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--dim); font-size: 12.5px; }
th, td { padding: 6px 14px; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td.n, th.n { text-align: right; white-space: nowrap; }
td.wide { width: 42%; min-width: 220px; }
.fall { display: flex; height: 15px; margin-top: 3px; border-radius: 3px; overflow: hidden; background: var(--hover); }
.fall i { display: block; min-width: 1px; background: var(--of); }
code { font: 12.5px/1.5 ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.keys { margin-top: 8px; } .key { margin-right: 6px; }
footer { margin-top: 34px; color: var(--dim); font-size: 13px; }
@media (max-width: 860px) { dl.facts { grid-template-columns: repeat(2, 1fr); } }
@media (max-width: 640px) { .said { grid-template-columns: 52px 1fr; } .said .words { grid-column: 1 / -1; } }
@media print {
  :root { --page: #fff; --card: #fff; --text: #000; --dim: #444; --line: #ccc; --hover: #eee;
    --caller: #2563c9; --bot: #0d8a5f; --struck: #a2303a; }
  body { font-size: 11pt; } main { max-width: none; padding: 0; }
  .player { position: static; box-shadow: none; } .bar button, .bar select, #time { display: none; }
  .said, tr { break-inside: avoid; } .said.now { background: none; border-color: transparent; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
