// "Try it yourself": a recording or a file, what each network makes of it, all on the reader's machine.
"use strict";

(() => {
  const LONG_S = 15, MOST_S = 600, RATE = 48000;  // LONG_S as ser_repro.saved.predict has it
  const here = new URL(".", document.currentScript.src).href, made = `${here}made/`;
  const root = document.getElementById("try-it");
  const offered = window.OFFERED;
  const part = name => root.querySelector(`[data-part="${name}"]`);
  const say = text => { part("status").textContent = text; };  // a screen reader reads it out
  const progress = text => { if (part("progress").textContent !== text) part("progress").textContent = text; };
  const percent = p => `${(100 * p).toFixed(1)} %`;
  const titled = text => text[0].toUpperCase() + text.slice(1);
  const mega = bytes => `${(bytes / 1e6).toFixed(1)} MB`;

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // ---- what is there

  function missing() {
    if (location.protocol === "file:") return null;  // the page says it in its own words
    if (!offered || !offered.networks.length) return `No network is in this copy of the book${offered && offered.fault ? ` (${offered.fault})` : ""}: \`make book\` puts them there.`;
    if (!offered.runtime) return "The runtime could not be fetched when this copy of the book was set up: `make runtime` fetches it, then `make book`.";
    return "";
  }

  const toLoad = () => mega(offered.runtimeBytes + offered.networks.reduce((sum, one) => sum + one.bytes, 0));

  let loading = null, loaded = false;
  function load() {
    loading ||= (async () => {
      await new Promise((done, failed) => {
        const script = make("script", {src: `${made}${offered.runtime}/ort.wasm.min.js`});
        script.onload = done;
        script.onerror = () => failed(new Error("the runtime is not there"));
        document.head.append(script);
      });
      ort.env.wasm.numThreads = 1;
      ort.env.wasm.wasmPaths = `${made}${offered.runtime}/`;
      const sessions = [];
      for (const one of offered.networks)
        sessions.push(await ort.InferenceSession.create(await bytes(one.file), {executionProviders: ["wasm"]}));
      loaded = true;
      return sessions;
    })();
    loading.catch(() => { loading = null; });
    return loading;
  }

  async function bytes(file) {
    const answer = await fetch(made + file);
    if (!answer.ok) throw new Error(`${file} is not there`);
    return answer.arrayBuffer();
  }

  const filters = {};
  function filterOf(name) {
    return filters[name] ||= bytes(`${name}.bin`).then(Sound.parseFilter);
  }

  // ---- what a network makes of a recording

  async function given(network, samples, rate) {
    return rate === network.sample_rate ? samples : Sound.resample(samples, await filterOf(`${rate}-${network.sample_rate}`));
  }

  async function probabilities(session, network, samples) {
    const fed = network.input === "values" ? await valuesOf(network, samples) : Float32Array.from(samples);
    const answer = await session.run({[network.input]: new ort.Tensor("float32", fed, [fed.length])});
    return Array.from(answer.probabilities.data);
  }

  // Of a network that has no features in its graph.
  async function valuesOf({definition, sample_rate: rate}, samples) {
    const half = await filterOf("hq-2-1"), to = definition.sample_rate;
    if (rate !== to)
      samples = Sound.lasting(Sound.resample(samples, await filterOf(`hq-${rate}-${to}`)), samples.length * to / rate);
    return Features.values(samples, definition, Features.halving(half));
  }

  // {level, silent} as `ser-repro predict` measures them: below half of the rate that the network hears in the end.
  async function levelOf(network, samples, rate) {
    samples = Sound.centred(samples);
    if (rate <= network.heard_rate) return Sound.level(samples, rate);
    samples = await given(network, samples, rate);
    if (network.sample_rate > network.heard_rate)
      samples = Sound.resample(samples, await filterOf(`hq-${network.sample_rate}-${network.heard_rate}`));
    return Sound.level(samples, network.heard_rate);
  }

  // Windows as `ser-repro predict` cuts them: [start, end] in samples.
  function windowsOf(network, count, rate) {
    const {median, longest} = network.seconds;
    if (count / rate <= Math.max(LONG_S, 2 * longest)) return [[0, count]];
    const window = Math.round(median * rate), found = [[0, window]];
    for (let end = window; end < count;) {
      end = Math.min(end + window, count);
      found.push([end - window, end]);
    }
    return found;
  }

  // `rate` and `duration` are the recording's own, whatever it was resampled to; `goOn` throws where something else is asked.
  async function heard(session, network, sound, {rate, duration, goOn}) {
    const whole = Sound.oneChannel(sound, network.channel), windows = [];
    const began = performance.now();
    const cuts = windowsOf(network, whole.length, sound.rate);
    for (const [start, end] of cuts) {
      goOn();
      const cut = whole.subarray(start, end), told = await probabilities(session, network, await given(network, cut, sound.rate));
      const peak = Math.max(...sound.channels.map(channel => Sound.peak(channel.subarray(start, end))));
      if (!told.every(Number.isFinite))
        throw new Error(`it holds samples of up to ${+peak.toPrecision(2)} times full scale, of which ${network.document} makes no number: give a recording within full scale`);
      windows.push({start: start / sound.rate, end: end / sound.rate, probabilities: told, peak, ...await levelOf(network, cut, sound.rate)});
      if (cuts.length > 1) {
        goOn();
        progress(`${network.document}: ${windows.length} of ${cuts.length} windows`);
        await new Promise(done => setTimeout(done));
      }
    }
    const loud = windows.filter(one => !one.silent), counted = loud.length ? loud : windows;
    const mean = network.classes.map((_, i) => counted.reduce((sum, one) => sum + one.probabilities[i], 0) / counted.length);
    return {network, windows, mean, notes: notesOf(network, windows, rate, duration), ms: performance.now() - began};
  }

  // What a reader should know of an answer, in the words of `ser-repro predict`.
  function notesOf({channel, heard_rate, seconds}, windows, rate, duration) {
    const silent = windows.filter(one => one.silent), loudest = Math.max(...windows.map(one => one.level));
    const upTo = `up to ${heard_rate / 2000} kHz`, notes = [];
    if (silent.length) {
      const which = windows.length === 1 ? "it is silent" : `${silent.length} of ${windows.length} windows are silent`;
      const toWhom = silent.some(one => one.peak >= Sound.SILENCE)
        ? ` to the model, which hears the ${channel === "first" ? "first channel" : "mean of the channels"} ${upTo}, and neither clicks nor a constant` : "";
      notes.push(`${which}${toWhom}: what the model makes of silence means nothing`);
    }
    if (silent.length < windows.length && loudest < Sound.QUIET)
      notes.push(`it is very quiet (at most ${(20 * Math.log10(loudest)).toFixed(0)} dB of full scale): the answer means little`);
    if (duration < seconds.shortest / 2)
      notes.push(`${+duration.toPrecision(2)} s is far shorter than any clip that trained (at least ${seconds.shortest} s): the answer means little`);
    if (rate < heard_rate)
      notes.push(`it is at ${rate} Hz, and the model listens ${upTo}: what is missing above can change the answer`);
    return notes;
  }

  // Counts what is asked for: an answer that comes when something else was asked since is not shown.
  let latest = 0;

  async function recognise(name, sounding) {
    const mine = ++latest;
    const goOn = () => { if (mine !== latest) throw new Error("something else was asked"); };
    try {
      let sound = await sounding;
      goOn();
      const {rate} = sound, duration = sound.channels[0].length / rate;
      if (!(duration >= Sound.SHORTEST_S)) throw new Error(`it lasts ${duration.toFixed(2)} s, too short to hear an emotion in`);
      if (duration > MOST_S) throw new Error(`it lasts ${Math.round(duration / 60)} minutes: give ${MOST_S / 60} or less`);
      if (!loaded) say(`Loading ${toLoad()}, once …`);
      const sessions = await load();
      if (!offered.networks.every(one => offered.rates[one.sample_rate].includes(rate)))
        sound = await Sound.browserResampled(sound, RATE);
      goOn();
      progress("Listening …");
      const answers = [];
      for (const [i, network] of offered.networks.entries())
        answers.push(await heard(sessions[i], network, sound, {rate, duration, goOn}));
      goOn();
      show(answers, name, duration, sound.exact);
      say(`${name}: heard by ${answers.length} networks.`);
    } catch (error) {
      if (mine === latest) say(`${name} can't be used: ${error.message || error}.`);
    }
    if (mine === latest) progress("");
  }

  // ---- what is shown

  const best = mean => mean.indexOf(Math.max(...mean));

  function bars({network, mean, notes, windows}) {
    const rows = network.classes.map((emotion, i) => {
      const bar = make("span", {class: "bar", style: `inline-size: ${(100 * mean[i]).toFixed(2)}%; background: ${offered.colours[emotion]}`});
      return make("tr", i === best(mean) ? {class: "first"} : {}, make("th", {scope: "row"}, emotion),
                  make("td", {class: "drawn", "aria-hidden": "true"}, bar), make("td", {}, percent(mean[i])));
    });
    return make("section", {class: "answer", "data-network": network.name},
                make("h2", {}, titled(network.document)), ...notes.map(note => make("p", {class: "note"}, `${titled(note)}.`)),
                make("table", {}, make("caption", {class: "skip"}, `Probabilities by ${network.document}`), make("tbody", {}, ...rows)),
                ...(windows.length > 1 ? [overTime(network, windows)] : []));
  }

  function overTime(network, windows) {
    const told = windows.map(({start, end, silent, probabilities}) => {
      const i = best(probabilities), share = silent ? 0 : probabilities[i], emotion = network.classes[i];
      return {share, colour: offered.colours[emotion], seconds: end - start,
              cells: [start.toFixed(1), end.toFixed(1), ...silent ? ["silence", "–"] : [emotion, percent(share)]]};
    });
    const drawn = told.map(({share, colour, seconds, cells: [start, end, ...what]}) => make("li", {
      title: `${start} to ${end} s: ${what.join(" ")}`, style: `flex-grow: ${seconds.toFixed(3)}; --share: ${share}; --colour: ${colour}`}));
    const heads = ["start, s", "end, s", "emotion", "probability"].map(head => make("th", {scope: "col"}, head));
    return make("div", {class: "over-time"}, make("p", {}, `Over time, window by window (${windows.length}): the most probable emotion's colour, as high as it is probable.`),
                make("ol", {"aria-hidden": "true"}, ...drawn),
                make("details", {}, make("summary", {}, "The windows as a table"), make("table", {},
                  make("caption", {class: "skip"}, `${titled(network.document)} over time`), make("thead", {}, make("tr", {}, ...heads)),
                  make("tbody", {}, ...told.map(({cells}) => make("tr", {}, ...cells.map(cell => make("td", {}, cell))))))));
  }

  function verdict(answers) {
    const named = answers.map(({network, mean}) => [network.document, network.classes[best(mean)], Math.max(...mean)]);
    const told = titled(named.map(([who, emotion, p]) => `${who} says ${emotion} (${percent(p)})`).join("; "));
    const same = new Set(named.map(one => one[1])).size === 1;
    if (named.length === 1) return `${told}.`;
    return same ? `All ${named.length} name ${named[0][1]}. That they agree makes none of them right: they learned from the same actors.`
      : `They disagree. ${told}. At most one emotion is right, and perhaps none is.`;
  }

  function csv(answers) {
    const lines = answers.flatMap(({network, windows}) => [
      ["network", "start_s", "end_s", ...network.classes, "silent"].join(","),
      ...windows.map(one => [`"${network.document}"`, one.start.toFixed(3), one.end.toFixed(3),
                             ...one.probabilities.map(p => p.toFixed(5)), one.silent].join(","))]);
    return `${lines.join("\n")}\n`;
  }

  // A link to what was made here; the one of before by that name is let go.
  const links = {};
  function download(content, type, name, text) {
    URL.revokeObjectURL(links[name]);
    links[name] = URL.createObjectURL(new Blob([content], {type}));
    return make("a", {href: links[name], download: name}, text);
  }

  function show(answers, name, duration, exact) {
    const ms = answers.map(({network, ms}) => `${network.document} ${Math.round(ms)} ms`).join(", ");
    const notes = [`${name}, ${duration.toFixed(2)} s. ${ms}.`];
    if (!exact) notes.push("Decoded or resampled by the browser: the package decodes in its own way, and its answers may differ a little.");
    part("answers").replaceChildren(
      make("p", {class: "verdict"}, verdict(answers)), make("div", {class: "networks"}, ...answers.map(bars)),
      make("p", {class: "stamp"}, notes.join(" ")),
      make("p", {class: "stamp"}, download(csv(answers), "text/csv", "heard.csv", "What they said as CSV")));
    window.HEARD = answers.map(({network, windows, mean, notes, ms}) => ({name: network.name, classes: network.classes, windows, mean, notes, ms}));
  }

  // ---- the microphone

  let stop = null, asking = false;
  async function record() {
    const button = part("record"), file = part("file");
    if (stop) return stop();
    if (asking) return;
    // The button itself is not disabled: the keyboard's focus would leave it.
    asking = file.disabled = true;
    button.setAttribute("aria-disabled", "true");
    let stream, held;
    try {
      const asIs = {echoCancellation: false, noiseSuppression: false, autoGainControl: false};
      stream = await navigator.mediaDevices.getUserMedia({audio: asIs});
      held = listen(stream);
      const {context, source} = held, rate = context.sampleRate, parts = [];
      await context.audioWorklet.addModule(`${here}recorder.js`);
      const node = new AudioWorkletNode(context, "recorder", {numberOfOutputs: 0});
      let count = 0;
      node.port.onmessage = ({data}) => {
        parts.push(data);
        count += data.length;
        progress(`${Math.floor(count / rate)} s`);
        if (count >= MOST_S * rate) stop();
      };
      stop = () => {
        stop = node.port.onmessage = null;
        stream.getTracks().forEach(track => track.stop());
        context.close();
        button.textContent = "Record";
        button.classList.remove("recording");
        file.disabled = false;
        finished(parts, rate);
      };
      source.connect(node);
      button.textContent = "Stop";
      button.classList.add("recording");
      latest++;  // nothing is said or shown of an earlier one while one speaks
      say("Recording.");
      progress("0 s");
      load().catch(() => {});
    } catch (error) {
      stream?.getTracks().forEach(track => track.stop());
      held?.context.close();
      file.disabled = false;
      say(`No microphone can be used (${error.message || error}): allow this page to use it, or take a file.`);
    }
    asking = false;
    button.removeAttribute("aria-disabled");
  }

  // Firefox takes no stream at another rate than the microphone's.
  function listen(stream) {
    for (const options of [{sampleRate: RATE}, {}]) {
      const context = new AudioContext(options);
      try {
        return {context, source: context.createMediaStreamSource(stream)};
      } catch (error) {
        context.close();
        if (!options.sampleRate) throw error;
      }
    }
  }

  function finished(parts, rate) {
    const samples = new Float32Array(parts.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of parts) { samples.set(one, at); at += one.length; }
    // In 16 bits, as the file that can be kept has it: what is heard is what is in it.
    const kept = samples.subarray(0, MOST_S * rate).map(value => Math.max(-1, Math.min(value, 32767 / 32768)));
    const wav = Sound.wavOf(kept, rate), link = download(wav, "audio/wav", "recording.wav", "Your recording as WAV");
    part("kept").replaceChildren(make("audio", {controls: "", src: link.href, "aria-label": "Your recording"}),
                                 make("p", {class: "stamp"}, link));
    say(`Recorded ${(kept.length / rate).toFixed(1)} s.`);
    progress("");
    recognise("recording", Sound.parseWav(wav));
  }

  // ---- on the page

  if (!root) return;
  const lacking = missing();
  part("server").hidden = location.protocol !== "file:";
  if (lacking !== "") {
    if (lacking) say(lacking);
    return;
  }
  part("controls").disabled = false;
  part("size").textContent = `The first time ${toLoad()} are loaded from where this book lies.`;
  part("record").addEventListener("click", record);
  part("file").addEventListener("change", ({target}) => {
    const [file] = target.files;
    if (!file) return;
    target.value = "";  // the same one can be chosen again
    say(`Reading ${file.name} …`);
    recognise(file.name, file.arrayBuffer().then(Sound.decode));
  });
})();
