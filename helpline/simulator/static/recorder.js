// A voice note from the microphone; null where there is none or it is refused (then a recorded sample is sent).
const TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];

export async function record(onSecond) {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return null;
  let stream;
  try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch { return null; }
  const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one));
  const recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
  const parts = [];
  let seconds = 0;
  onSecond(0);
  const timer = setInterval(() => onSecond(++seconds), 1000);
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  recorder.start();
  return {
    stop: () => new Promise((done) => {
      recorder.addEventListener("stop", () => {
        clearInterval(timer);
        for (const track of stream.getTracks()) track.stop();
        done(parts.length ? new Blob(parts, { type: recorder.mimeType }) : null);
      });
      recorder.stop();
    }),
  };
}
