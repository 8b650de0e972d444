// How the page looks: two themes, one column, no fonts of its own.

enum PageStyle {
  static let text = """
    :root{--paper:#fff;--ink:#15191e;--quiet:#5a636e;--rule:#dde1e6;--wash:#f4f5f7;--land:#e6e9ed;--sea:#fafbfc;\
    --edge:#1a5fb4;--core:#a84300;--shape:#a9c5e8;--bad:#b3261e;--good:#186a38;--band:#b3261e1c;--halo:#5a636e38;--other:#b4bbc4}
    @media(prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e8eaed;--quiet:#a3abb5;--rule:#30363e;--wash:#1c2026;\
    --land:#2b323a;--sea:#181c21;--edge:#7db0f5;--core:#f2a35e;--shape:#34537c;--bad:#ff8a80;--good:#6fce8f;\
    --band:#ff8a8026;--halo:#a3abb540;--other:#5a636e}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",\
    "Liberation Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
    main{max-width:1120px;margin:0 auto;padding:40px 32px 72px}
    h1{font-size:36px;line-height:1.15;margin:0;letter-spacing:-.01em}
    h2{font-size:22px;line-height:1.25;margin:0;letter-spacing:-.005em}
    h3{font-size:15px;line-height:1.4;margin:0}
    p,ul,dl,figure{margin:0}
    .quiet{color:var(--quiet);font-weight:400}
    .bad{color:var(--bad)}
    .good{color:var(--good)}
    .kicker{color:var(--quiet);font-size:14px;margin-bottom:6px}
    .facts{color:var(--quiet);margin-top:6px}
    .verdict{margin-top:18px;color:var(--ink)}
    .mark{display:inline-block;min-width:3.4em;padding:1px 8px;margin-right:8px;border-radius:3px;font-size:13px;\
    text-align:center;color:var(--paper);background:var(--good)}
    .bad>.mark{background:var(--bad)}
    .tiles{display:grid;grid-template-columns:repeat(6,auto);justify-content:space-between;gap:20px 28px;margin-top:28px;\
    border-top:2px solid var(--ink);padding-top:16px}
    .tile span{display:block;font-size:13px;line-height:1.4}
    .tile b{display:block;font-size:28px;line-height:1.25;font-weight:600;letter-spacing:-.01em}
    .tile.bad b{color:var(--bad)}
    section{margin-top:56px;border-top:1px solid var(--rule);padding-top:20px}
    .lede{color:var(--quiet);max-width:76ch;margin:4px 0 20px;text-wrap:pretty}
    .map{position:relative;background:var(--sea);border-radius:4px;overflow:hidden}
    .map svg,.mini svg,.multiple svg{display:block;width:100%}
    .land{fill:var(--land)}
    .water{fill:var(--sea)}
    .graticule,.grid{fill:none;stroke:var(--rule);stroke-width:1px;vector-effect:non-scaling-stroke}
    .graticule{opacity:.6}
    .edge,.core,.struck{transform-box:fill-box;transform-origin:center}
    .edge{fill:var(--edge)}
    .core{fill:var(--core)}
    .edge,.core{stroke:var(--paper);stroke-width:1px;vector-effect:non-scaling-stroke}
    .halo{fill:var(--halo)}
    .struck{fill:none;stroke:var(--bad);stroke-width:1.5px;vector-effect:non-scaling-stroke}
    .label{position:absolute;font-size:12px;line-height:15px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;\
    pointer-events:none;color:var(--ink);\
    text-shadow:0 0 2px var(--paper),0 0 2px var(--paper),0 0 3px var(--paper)}
    .label.strong{font-weight:600}
    .label.r{transform:translate(0,-50%)}
    .label.l{transform:translate(-100%,-50%)}
    .label.a{transform:translate(-50%,-100%)}
    .label.b{transform:translate(-50%,0)}
    .label.ar{transform:translate(0,-100%)}
    .label.al{transform:translate(-100%,-100%)}
    .label.bl{transform:translate(-100%,0)}
    .label.narrow{display:none}
    .legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin-top:10px;font-size:13px;align-items:center}
    .key{display:inline-block;width:11px;height:11px;margin-right:6px;vertical-align:-1px}
    .key.circle,.key.dot{border-radius:50%;background:var(--edge)}
    .key.square{background:var(--core)}
    .key.halo{border-radius:50%;background:var(--halo);width:16px;height:16px;vertical-align:-3px}
    .key.struck,.key.ring{border-radius:50%;border:2px solid var(--bad)}
    .key.ring{border-color:var(--edge)}
    .lede .key{margin:0 2px 0 4px}
    details{margin-top:14px;font-size:14px}
    summary{cursor:pointer;color:var(--quiet)}
    table{width:100%;border-collapse:collapse;font-size:14px;margin-top:12px}
    th{font-weight:400;color:var(--quiet);text-align:left;vertical-align:bottom;border-bottom:1px solid var(--rule)}
    th,td{padding:6px 12px 6px 0}
    th:last-child,td:last-child{padding-right:0}
    td{border-bottom:1px solid var(--rule);vertical-align:top}
    .number{text-align:right}
    .number+:not(.number){padding-left:14px}
    .panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:24px 28px}
    .panel h3{margin-bottom:8px}
    .bar{display:flex;flex-wrap:wrap;justify-content:space-between;font-size:14px;margin-top:8px;color:var(--quiet)}
    .bar b{font-weight:400}
    .bar i{flex:0 0 100%;height:8px;margin-top:2px;background:var(--wash)}
    .bar u{display:block;height:100%;background:var(--other)}
    .bar.ours,.bar.ours b{color:var(--ink);font-weight:600}
    .bar.ours u{background:var(--edge)}
    .bar.bad b{color:var(--bad);font-weight:600}
    .bar.bad u{background:var(--bad)}
    .placements article{display:grid;grid-template:"map head" auto "map why" 1fr/250px 1fr;\
    gap:0 28px;padding:20px 0;border-top:1px solid var(--rule)}
    .placements article:first-child{border-top:0;padding-top:0}
    .placements h3{font-size:17px}
    .mini{grid-area:map}
    .head{grid-area:head}
    .why{grid-area:why}
    .mini svg{background:var(--sea);border-radius:4px}
    .mini p{font-size:13px;line-height:1.45;margin-top:8px}
    .placements dl{margin-top:10px;font-size:14px}
    .placements dl div{display:grid;grid-template-columns:130px 1fr;gap:16px;padding:4px 0}
    dt{color:var(--quiet)}
    dd{margin:0}
    .switch>input{position:absolute;opacity:0}
    .switch>label{display:inline-block;padding:4px 12px;border:1px solid var(--rule);font-size:14px;cursor:pointer;\
    color:var(--quiet)}
    .switch>label:first-of-type{border-radius:4px 0 0 4px}
    .switch>label:last-of-type{border-radius:0 4px 4px 0;margin-left:-1px}
    .switch>input:checked+label{background:var(--ink);border-color:var(--ink);color:var(--paper)}
    .switch>input:focus-visible+label{outline:2px solid var(--edge);outline-offset:2px}
    .series{display:none}
    #whole:checked~.whole,#above:checked~.above{display:block}
    .series h3{font-size:17px;margin:26px 0 12px}
    .series h3 .quiet{font-size:14px;margin-left:6px}
    .multiples{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:22px 28px}
    .multiple{min-width:0}
    .multiple figcaption{display:flex;justify-content:space-between;gap:8px;font-size:13px;line-height:1.35;margin-bottom:4px}
    .multiple figcaption b{font-weight:400}
    .multiple.strong figcaption b{font-weight:600}
    .multiple svg{height:60px;border-bottom:1px solid var(--quiet)}
    .shape{fill:var(--shape)}
    .strong .shape{fill:var(--edge)}
    .multiple .p50,.multiple .p99{fill:none;stroke:var(--ink);stroke-width:1.5px;vector-effect:non-scaling-stroke}
    .multiple .p99{stroke-dasharray:3 2}
    .ticks{position:relative;height:16px;font-size:11px;line-height:16px;color:var(--quiet)}
    .ticks span{position:absolute;transform:translateX(-50%);white-space:nowrap}
    .ticks .last{transform:translateX(-100%)}
    .ticks .first{transform:none}
    .figures{display:flex;justify-content:space-between;gap:2px 6px;flex-wrap:wrap;font-size:12px;\
    color:var(--quiet);margin-top:2px}
    .figures b{color:var(--ink);font-weight:600}
    .timeline{position:relative;padding-left:56px;outline-offset:6px}
    .timeline h3{font-size:13px;font-weight:400;color:var(--quiet);padding:14px 0 6px;position:relative;z-index:1}
    .timeline h3 span{background:var(--paper);padding-right:8px}
    .plots{position:relative}
    .plot{position:relative}
    .plot svg{position:absolute;inset:0;width:100%;height:100%;overflow:visible}
    .plot>span{position:absolute;right:100%;margin-right:8px;transform:translateY(-50%);font-size:11px;line-height:1;\
    color:var(--quiet);white-space:nowrap}
    .calls{fill:var(--shape)}
    .failed{fill:var(--bad)}
    .line50,.line99{fill:none;stroke:var(--edge);stroke-width:2px;stroke-linejoin:round;vector-effect:non-scaling-stroke}
    .line99{stroke:var(--ink);stroke-width:1.5px}
    .line{display:inline-block;width:16px;height:0;border-top:2px solid var(--edge);vertical-align:4px}
    .line.p99{border-color:var(--ink);margin-left:10px}
    .timeline>.ticks{margin-top:6px}
    .badges{position:relative}
    .badge{display:inline-block;min-width:19px;height:19px;padding:0 4px;border-radius:10px;background:var(--bad);\
    color:var(--paper);font-size:12px;line-height:19px;font-weight:600;text-align:center}
    .badges .badge{position:absolute;transform:translateX(-50%)}
    .band{position:absolute;top:0;bottom:0;min-width:2px;background:var(--band);border-left:1px solid var(--bad)}
    .cursor{position:absolute;top:0;bottom:0;width:1px;background:var(--ink);pointer-events:none}
    .readout{min-height:21px;font-size:13px;color:var(--quiet)}
    .checks{list-style:none;padding:0}
    .checks li{display:grid;grid-template-columns:auto 1fr;align-items:baseline;padding:8px 0;border-top:1px solid var(--rule);\
    color:var(--ink)}
    .checks li:first-child{border-top:0}
    .ratio{position:relative;height:14px;min-width:110px;margin-top:4px;\
    background:linear-gradient(90deg,#0000 25%,var(--wash) 25%,var(--wash) 75%,#0000 75%)}
    .ratio::before{content:"";position:absolute;left:50%;top:0;bottom:0;border-left:1px solid var(--quiet)}
    .ratio i{position:absolute;top:2px;width:10px;height:10px;margin-left:-5px;border-radius:50%;background:var(--edge)}
    .ratio .ring{background:none;border:2px solid var(--edge)}
    @media(max-width:920px){.label.wide{display:none}.label.narrow{display:block}.tiles{grid-template-columns:repeat(3,1fr)}}
    @media(max-width:640px){
    main{padding:24px 16px 48px}
    h1{font-size:28px}
    section{margin-top:44px}
    .tiles{grid-template-columns:1fr 1fr;gap:16px 20px}
    .tile b{font-size:24px}
    .panels{grid-template-columns:1fr}
    .map .edge,.map .core,.map .struck{transform:scale(1.5)}
    .map{margin:0 -16px;border-radius:0}
    .label{font-size:11px}
    .placements article{grid-template:"head" "map" "why"/1fr;gap:12px}
    .mini svg{max-width:260px}
    .placements dl div{grid-template-columns:1fr;gap:0;padding:5px 0}
    .multiples{grid-template-columns:1fr 1fr;gap:18px 16px}
    .timeline{padding-left:44px}
    table,tbody{display:block}
    thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    tbody tr{display:grid;grid-template-columns:1fr 1fr;gap:0 24px;border-bottom:1px solid var(--rule);padding:10px 0}
    td{grid-column:1/-1}
    td.number{grid-column:auto}
    td,td.number,.number+td:not(.number){display:flex;\
    justify-content:space-between;gap:16px;border:0;padding:2px 0;text-align:right}
    td::before{content:attr(data-title);color:var(--quiet);flex:none;text-align:left}
    td[data-empty],.number+td[data-empty]{display:none!important}
    .ratio{width:50%}
    }
    @media print{.switch>label,.readout{display:none}details{display:none}}
    """
}
