/* Signed receipts, checked on this device.  Signed is what JSON.stringify makes of the document without its member
 * "signature" (src/vault/receipt.h); what is shown afterwards comes from the same object, so that nobody can sign one
 * thing and show another. */
import type { ReceiptDocument } from "./model";

export type Verdict =
  | { is: "good" | "bad"; document: ReceiptDocument }
  | { is: "other_key"; document: ReceiptDocument }
  | { is: "no_json" | "no_ed25519" }
  | { is: "no_receipt"; member: string };

const TEXTS = ["format", "desk", "code", "reference", "procedure", "received_at", "content_hash", "issued_at", "key", "signature"];
const TEXTS_OR_NULL = ["promised_at", "promise_unit", "previous"];
const PAUSED = ["paused_since", "paused_because"]; /* of format 2: what was promised stands still */
const READ_MAX = 16384;

/* The document of a text, or why it is none. */
export function readDocument(text: string): ReceiptDocument | Verdict {
  let value: unknown;
  if (text.length > READ_MAX) return { is: "no_json" };
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return { is: "no_json" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { is: "no_json" };
  const members = value as Record<string, unknown>;
  for (const name of TEXTS) if (typeof members[name] !== "string") return { is: "no_receipt", member: name };
  for (const name of TEXTS_OR_NULL) {
    if (members[name] !== null && typeof members[name] !== "string") return { is: "no_receipt", member: name };
  }
  if (typeof members.provisional !== "boolean") return { is: "no_receipt", member: "provisional" };
  if (members.format !== "bellman-receipt-1" && members.format !== "bellman-receipt-2") return { is: "no_receipt", member: "format" };
  const paused = members.format === "bellman-receipt-2" ? PAUSED : [];
  for (const name of paused) if (typeof members[name] !== "string") return { is: "no_receipt", member: name };
  const unknown = Object.keys(members).find((name) => ![...TEXTS, ...TEXTS_OR_NULL, ...paused, "provisional"].includes(name));
  if (unknown !== undefined) return { is: "no_receipt", member: unknown };
  if (!/^[0-9a-f]{128}$/i.test(String(members.signature))) return { is: "no_receipt", member: "signature" };
  return value as ReceiptDocument;
}

function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function signedBytes(document: ReceiptDocument): Uint8Array<ArrayBuffer> {
  const { signature: _, ...signed } = document;
  return new TextEncoder().encode(JSON.stringify(signed)) as Uint8Array<ArrayBuffer>;
}

/* `key` as GET /public/key gives it. */
export async function verify(text: string, key: { key: string; id: string }): Promise<Verdict> {
  const read = readDocument(text);
  if ("is" in read) return read;
  if (read.key !== key.id) return { is: "other_key", document: read };
  let imported: CryptoKey;
  try {
    /* No subtle crypto without a secure context, and no Ed25519 in older browsers. */
    imported = await crypto.subtle.importKey("raw", bytesOfHex(key.key), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return { is: "no_ed25519" };
  }
  const good = await crypto.subtle.verify({ name: "Ed25519" }, imported, bytesOfHex(read.signature), signedBytes(read));
  return { is: good ? "good" : "bad", document: read };
}
