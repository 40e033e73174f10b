// What pages need beside the theme: boxes that scroll say so, and definitions can be put away.

(() => {
const boxes = document.querySelectorAll(".scroll, .frame, .flow-frame, .formula, .pst-scrollable-table-container");

function tell(box) {
  const wide = box.scrollWidth > box.clientWidth + 1, tall = box.scrollHeight > box.clientHeight + 1;
  box.classList.toggle("wider", wide);
  if (wide || tall) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
}

const watch = new ResizeObserver(entries => entries.forEach(entry => tell(entry.target)));
boxes.forEach(box => watch.observe(box));

// A definition that covers what one wants to read goes away by Escape, until its word is left.
document.addEventListener("keydown", event => {
  if (event.key !== "Escape") return;
  const term = document.querySelector(".term:is(:hover, :focus)");
  if (!term) return;
  term.classList.add("away");
  for (const left of ["blur", "mouseleave"]) term.addEventListener(left, () => term.classList.remove("away"), {once: true});
});

// Tables that sort, filter and search. What does it (DataTables) is fetched on their pages alone; where it can't be,
// as from a file, they stay tables as any other.
async function sortable() {
  const script = document.getElementById("tables-script");
  if (!script || location.protocol === "file:") return;
  const {default: DataTable} = await import(new URL(script.dataset.address, location.href));
  for (const part of document.querySelectorAll(".sortable")) control(part, DataTable);
  for (const part of document.querySelectorAll(".browser")) browse(part, DataTable);
  const row = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (row) row.scrollIntoView({block: "center"});
}

function control(part, DataTable) {
  const element = part.querySelector("table"), rows = [...element.tBodies[0].rows];
  const names = Object.keys(rows[0].dataset), asked = new URLSearchParams(location.search);
  const table = new DataTable(element, {
    paging: false, order: [], autoWidth: false,
    layout: {topStart: null, topEnd: null, bottomStart: null, bottomEnd: null},
  });
  const tools = document.createElement("div");
  tools.className = "tools";
  part.querySelector(".scroll").before(tools);

  const search = labelled(tools, "search", document.createElement("input"));
  search.type = "search";
  search.addEventListener("input", () => table.search(search.value).draw());
  for (const name of names) {
    const values = [...new Set(rows.map(row => row.dataset[name]))].sort();
    if (values.length < 2) continue;
    const select = labelled(tools, name, document.createElement("select"));
    select.append(new Option("all", ""), ...values.map(value => new Option(value, value)));
    select.addEventListener("change", () => {
      table.search.fixed(name, select.value ? (_, __, i) => rows[i].dataset[name] === select.value : null).draw();
    });
    if (values.includes(asked.get(name))) select.value = asked.get(name);
    if (select.value) select.dispatchEvent(new Event("change"));
  }
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  tools.append(count);
  const tell = () => { count.textContent = `${table.rows({search: "applied"}).count()} of ${rows.length} rows`; };
  table.on("draw", tell);
  tell();
}

function labelled(tools, text, field) {
  const label = document.createElement("label");
  label.append(text[0].toUpperCase() + text.slice(1), field);
  tools.append(label);
  return field;
}

// Clip by clip: the answers of all models to a corpus, fetched when that corpus is chosen.
function browse(part, DataTable) {
  const links = [...part.querySelectorAll("[data-corpus]")], asked = new URLSearchParams(location.search);
  const tools = document.createElement("div"), place = document.createElement("div");
  tools.className = "tools";
  part.append(tools, place);
  part.classList.add("sortable");
  const corpus = labelled(tools, "corpus", document.createElement("select"));
  corpus.append(new Option("choose one", ""), ...links.map(link => new Option(link.dataset.corpus)));
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  tools.append(status);
  corpus.addEventListener("change", async () => {
    const chosen = corpus.value, link = links.find(one => one.dataset.corpus === chosen);
    let found = null, fault = "";
    try {
      const answer = link && await fetch(link.dataset.rows);
      if (answer && !answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      found = await answer?.json();
    } catch (error) {
      fault = `The clips of ${chosen} could not be loaded (${error.message}): choose it again, or take the CSV above.`;
    }
    if (corpus.value !== chosen) return;  // another was chosen while this one came
    [...tools.children].slice(1).forEach(one => one !== status && one.remove());
    place.hidden = !found;
    status.textContent = fault;
    if (found) show(found);
  });

  function show({models, kinds, rows}) {
    const table = document.createElement("table");
    table.className = "compact wordy dataframe";
    table.append(table.createTHead(), table.createTBody());
    const heads = ["clip", "speaker", "emotion", "sentence", "kind of error", "wrong, of models", "heard instead"];
    table.tHead.insertRow().append(...heads.map(name => Object.assign(document.createElement("th"), {textContent: name, scope: "col"})));
    place.className = "scroll";
    Object.entries({role: "region", tabindex: 0, "aria-label": "Clips and who gets them wrong"})
      .forEach(([name, value]) => place.setAttribute(name, value));
    place.replaceChildren(table);
    const escape = DataTable.util.escapeHtml ?? (text => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;"));
    const grid = new DataTable(table, {
      data: rows.map(row => [row[0], row[1], row[2], row[3], kinds[row[4]], `${row[5].length} of ${row[6]}`, row[7]].map(escape)),
      columnDefs: [{targets: 5, type: "num", render: (text, to) => (to === "sort" || to === "type" ? parseInt(text) : text)}],
      pageLength: 50, order: [], autoWidth: false, deferRender: true,
      layout: {topStart: null, topEnd: null, bottomStart: null, bottomEnd: "paging"},
    });
    const choose = (name, values, holds) => {
      const select = labelled(tools, name, document.createElement("select"));
      select.append(new Option("all", ""), ...values.map(value => new Option(value)));
      select.addEventListener("change", () => grid.search.fixed(name, select.value ? (_, __, i) => holds(rows[i], select.value) : null).draw());
      if (values.includes(asked.get(name))) { select.value = asked.get(name); select.dispatchEvent(new Event("change")); }
    };
    const distinct = at => [...new Set(rows.map(row => row[at]))].sort();
    choose("kind", kinds.filter((_, i) => rows.some(row => row[4] === i)), (row, value) => kinds[row[4]] === value);
    choose("model", models, (row, value) => row[5].includes(models.indexOf(value)));
    choose("emotion", distinct(2), (row, value) => row[2] === value);
    choose("speaker", distinct(1), (row, value) => row[1] === value);
    choose("sentence", distinct(3), (row, value) => row[3] === value);
    const search = labelled(tools, "search", document.createElement("input"));
    search.type = "search";
    search.addEventListener("input", () => grid.search(search.value).draw());
    tools.append(status);
    const tell = () => { status.textContent = `${grid.rows({search: "applied"}).count()} of ${rows.length} clips`; };
    grid.on("draw", tell);
    tell();
  }

  if (links.some(link => link.dataset.corpus === asked.get("corpus"))) corpus.value = asked.get("corpus");
  if (corpus.value) corpus.dispatchEvent(new Event("change"));
}

sortable();
})();
