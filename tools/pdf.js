// Makes paper of the book on one page; run in it by tools/pdf.py.
async () => {
  document.documentElement.dataset.theme = "light";

  // A page's title begins a sheet; what comes first is the list of them.
  for (const mark of document.querySelectorAll("span[id^='document-']")) mark.nextElementSibling.style.breakBefore = "page";
  const contents = document.getElementById("jb-print-toc");
  contents.querySelector("h2").textContent = "Contents";
  const first = document.querySelector(".bd-article section");
  first.querySelector("h1").after(contents);
  const foot = document.querySelector(".colophon");
  foot.querySelector("details").open = true;
  foot.querySelector("summary").textContent = "Cite this book";
  contents.append(foot);
  for (const line of contents.querySelectorAll("li, a, p")) Object.assign(line.style, {margin: 0, paddingBlock: "1px"});
  foot.style.display = "block";
  contents.style.breakAfter = "page";

  // Chapters know each other by addresses of files, which paper has not: by their place in it, or by no link.
  const place = link => {
    const url = new URL(link.href), page = url.pathname.split("/").pop().replace(/\.html$/, "");
    const row = url.hash && !url.search && document.getElementById(decodeURIComponent(url.hash.slice(1)));
    const to = row || document.querySelector(`[id='document-${page}'], [id='document-chapters/${page}']`);
    return to ? `#${to.id}` : page === "intro" ? "#" : null;
  };
  for (const link of document.querySelectorAll("a[href]")) {
    if (!link.href.startsWith("file:") || link.getAttribute("href").startsWith("#")) continue;
    const to = place(link);
    if (to) link.setAttribute("href", to);
    else link.removeAttribute("href");
  }

  // What a click would show is shown, but for code.
  for (const folded of document.querySelectorAll("details:not(.hide)")) folded.open = true;

  // Cells break words only where a table would be wider than the sheet.
  for (const table of document.querySelectorAll(".bd-article table"))
    if (table.getBoundingClientRect().right > document.documentElement.clientWidth + 1) table.classList.add("squeezed");

  // A picture is loaded when it comes into sight, and on paper none does.
  const pictures = [...document.images];
  for (const picture of pictures) {
    picture.loading = "eager";
    const tall = picture.getAttribute("height") > 1.2 * picture.getAttribute("width");
    if (tall) picture.style.maxHeight = "15cm";  // two matrices, one below the other
  }
  await Promise.all(pictures.map(picture => picture.decode().catch(() => {})));
  return pictures.filter(picture => !picture.naturalWidth).map(picture => picture.getAttribute("src"));
}
