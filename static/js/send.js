// A POST that is no form's: the answer's events are told, and what goes wrong is said as htmx's answers say it.
import { toast } from "./toast.js";

const PATIENCE = 15_000;

/** The text of the answer; throws when there was none that counts, after saying so. */
export const send = async (url, values) => {
  const headers = { ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"), "HX-Request": "true" };
  let response;
  try {
    response = await fetch(url, {
      method: "POST", headers, body: new URLSearchParams(values), signal: AbortSignal.timeout(PATIENCE),
    });
  } catch (error) {
    const late = error.name === "TimeoutError";
    toast({ tone: "red", text: late ? "The portal took longer than 15 s to answer." : "No connection: nothing was sent. Try again in a moment." });
    throw error;
  }
  const elsewhere = response.headers.get("HX-Redirect");
  if (elsewhere) location.href = elsewhere;
  if (!response.ok) {
    dispatchEvent(new CustomEvent("htmx:responseError", { detail: { xhr: { status: response.status }, elt: document.body } }));
    throw new Error(`${url}: ${response.status}`);
  }
  for (const [name, detail] of Object.entries(JSON.parse(response.headers.get("HX-Trigger") ?? "{}"))) {
    document.body.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
  return response.text();
};
