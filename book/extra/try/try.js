// "Try it yourself": a recording or a file, what each network makes of it, all on the reader's machine.
"use strict";

(() => {
  const LONG_S = 15, MOST_S = 600, RATE = 48000;  // LONG_S as ser_repro.saved.predict has it
  const here = new URL(".", document.currentScript.src).href, made = `${here}made/`;
  const root = document.getElementById("try-it");
  const offered = window.OFFERED;
  const part = name => root.querySelector(`[data-part="${name}"]`);
  const say = text => { part("status").textContent = text; };
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

  let loading = null;
  function load() {
    loading ||= (async () => {
      const whole = offered.runtimeBytes + offered.networks.reduce((sum, one) => sum + one.bytes, 0);
      say(`Loading ${mega(whole)}, once …`);
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

  async function heard(session, network, sound) {
    const whole = Sound.oneChannel(sound, network.channel), found = [];
    const began = performance.now();
    const cuts = windowsOf(network, whole.length, sound.rate);
    for (const [start, end] of cuts) {
      const samples = await given(network, whole.subarray(start, end), sound.rate);
      found.push({start: start / sound.rate, end: end / sound.rate, silent: Sound.isSilent(samples, network.sample_rate),
                  probabilities: await probabilities(session, network, samples)});
      if (cuts.length > 1) {
        say(`${network.document}: ${found.length} of ${cuts.length} windows`);
        await new Promise(done => setTimeout(done));
      }
    }
    const loud = found.filter(one => !one.silent), counted = loud.length ? loud : found;
    const mean = network.classes.map((_, i) => counted.reduce((sum, one) => sum + one.probabilities[i], 0) / counted.length);
    return {network, windows: found, mean, silent: !loud.length, ms: performance.now() - began};
  }

  async function recognise(sound, name, wav) {
    try {
      const duration = sound.channels[0].length / sound.rate;
      if (!(duration >= Sound.SHORTEST_S)) throw new Error(`it lasts ${duration.toFixed(2)} s, too short to hear an emotion in`);
      if (duration > MOST_S) throw new Error(`it lasts ${Math.round(duration / 60)} minutes: give ${MOST_S / 60} or less`);
      const sessions = await load();
      if (!offered.networks.every(one => offered.rates[one.sample_rate].includes(sound.rate)))
        sound = await Sound.browserResampled(sound, RATE);
      say("Listening …");
      const answers = [];
      for (const [i, network] of offered.networks.entries()) answers.push(await heard(sessions[i], network, sound));
      show(answers, name, duration, sound.exact, wav);
      say(`${name}: heard by ${answers.length} networks.`);
    } catch (error) {
      say(`${name} can't be used: ${error.message || error}.`);
    }
  }

  // ---- what is shown

  const best = mean => mean.indexOf(Math.max(...mean));

  function bars({network, mean, silent, windows}) {
    const rows = network.classes.map((emotion, i) => {
      const bar = make("span", {class: "bar", style: `inline-size: ${(100 * mean[i]).toFixed(2)}%; background: ${offered.colours[emotion]}`});
      return make("tr", i === best(mean) ? {class: "first"} : {}, make("th", {scope: "row"}, emotion),
                  make("td", {class: "drawn", "aria-hidden": "true"}, bar), make("td", {}, percent(mean[i])));
    });
    const note = silent ? [make("p", {}, "Silent: what a network makes of silence means nothing.")] : [];
    return make("section", {class: "answer", "data-network": network.name},
                make("h2", {}, titled(network.document)), ...note,
                make("table", {}, make("caption", {class: "skip"}, `Probabilities by ${network.document}`), make("tbody", {}, ...rows)),
                ...(windows.length > 1 ? [overTime(network, windows)] : []));
  }

  function overTime(network, windows) {
    const cells = windows.map(one => {
      const i = best(one.probabilities), emotion = network.classes[i];
      const told = `${one.start.toFixed(1)} to ${one.end.toFixed(1)} s: ${one.silent ? "silence" : `${emotion} ${percent(one.probabilities[i])}`}`;
      return make("li", {title: told, style: `flex-grow: ${(one.end - one.start).toFixed(3)}; --share: ${one.silent ? 0 : one.probabilities[i]}; --colour: ${offered.colours[emotion]}`},
                  make("span", {class: "skip"}, told));
    });
    return make("div", {class: "over-time"}, make("p", {}, `Over time, window by window (${windows.length}): the most probable emotion's colour, as high as it is probable.`),
                make("ol", {tabindex: "0", "aria-label": `${network.document} over time`}, ...cells));
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

  let links = [];
  function download(content, type, name, text) {
    const address = URL.createObjectURL(new Blob([content], {type}));
    links.push(address);
    return make("a", {href: address, download: name}, text);
  }

  function show(answers, name, duration, exact, wav) {
    links.splice(0).forEach(URL.revokeObjectURL);
    const ms = answers.map(({network, ms}) => `${network.document} ${Math.round(ms)} ms`).join(", ");
    const notes = [`${name}, ${duration.toFixed(2)} s. ${ms}.`];
    if (!exact) notes.push("Decoded or resampled by the browser: the package decodes in its own way, and its answers may differ a little.");
    const shortest = Math.min(...answers.map(one => one.network.seconds.shortest));
    if (duration < shortest / 2) notes.push(`Far shorter than any clip that trained (${shortest} s or more): the answers mean little.`);
    const files = [download(csv(answers), "text/csv", "heard.csv", "What they said as CSV")];
    if (wav) files.push(" · ", download(wav, "audio/wav", "recording.wav", "the recording as WAV"));
    const player = wav ? [make("audio", {controls: "", src: files[2].href, "aria-label": "Your recording"})] : [];
    part("answers").replaceChildren(
      make("p", {class: "verdict"}, verdict(answers)), make("div", {class: "networks"}, ...answers.map(bars)),
      ...player, make("p", {class: "stamp"}, notes.join(" ")), make("p", {class: "stamp"}, ...files));
    window.HEARD = answers.map(({network, windows, mean, ms}) => ({name: network.name, classes: network.classes, windows, mean, ms}));
  }

  // ---- the microphone

  let stop = null;
  async function record() {
    const button = part("record");
    if (stop) return stop();
    button.disabled = true;
    let stream;
    try {
      const asIs = {echoCancellation: false, noiseSuppression: false, autoGainControl: false};
      stream = await navigator.mediaDevices.getUserMedia({audio: asIs});
      const {context, source} = listen(stream);
      await context.audioWorklet.addModule(`${here}recorder.js`);
      const node = new AudioWorkletNode(context, "recorder", {numberOfOutputs: 0}), parts = [];
      node.port.onmessage = ({data}) => {
        parts.push(data);
        say(`Recording: ${(parts.length * data.length / context.sampleRate).toFixed(1)} s`);
        if (parts.length * data.length > MOST_S * context.sampleRate) stop();
      };
      source.connect(node);
      stop = () => {
        stop = node.port.onmessage = null;
        stream.getTracks().forEach(track => track.stop());
        context.close();
        button.textContent = "Record";
        button.setAttribute("aria-pressed", "false");
        finished(parts, context.sampleRate);
      };
      button.textContent = "Stop";
      button.setAttribute("aria-pressed", "true");
      button.disabled = false;
      load().catch(() => {});  // while one speaks
    } catch (error) {
      stream?.getTracks().forEach(track => track.stop());
      say(`No microphone can be used (${error.message || error}): allow this page to use it, or take a file.`);
    } finally {
      button.disabled = false;
    }
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
    const wav = Sound.wavOf(samples.map(value => Math.max(-1, Math.min(value, 32767 / 32768))), rate);
    recognise(Sound.parseWav(wav), "recording", wav);
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
  part("size").textContent = `The first time ${mega(offered.runtimeBytes + offered.networks.reduce((sum, one) => sum + one.bytes, 0))} are loaded from where this book lies.`;
  part("record").addEventListener("click", record);
  part("file").addEventListener("change", async ({target}) => {
    const [file] = target.files;
    if (!file) return;
    say(`Reading ${file.name} …`);
    try {
      await recognise(await Sound.decode(await file.arrayBuffer()), file.name);
    } catch {
      say(`${file.name} can't be decoded by this browser: give a WAV, MP3, FLAC or OGG file.`);
    }
    target.value = "";
  });
})();
