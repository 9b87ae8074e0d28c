/* What came with a contact, for the form that makes something of it.  Seeing a contact in full is a look, which the
 * desk records; who may not have it, as officers, fills in the form without. */
import { useEffect } from "preact/hooks";
import { ask, Refusal } from "../shared/api";
import { positionText } from "../shared/geo";
import type { ContactRow, Id } from "../shared/types";
import type { Values } from "./ui/form";

export function usePrefill(contact: Id | null, prefill: (values: Values) => void): void {
  useEffect(() => {
    if (!contact) return;
    void ask<{ contact: ContactRow }>(`/v1/contacts/${contact}`).then(({ contact: full }) => {
      const known: Values = {};
      if (full.personal?.text) known.description = full.personal.text;
      if (full.personal?.number) known.caller_number = full.personal.number;
      if (full.personal?.name) known.caller_name = full.personal.name;
      if (full.lat !== null && full.lon !== null) known.position = positionText({ lat: full.lat, lon: full.lon });
      prefill(known);
    }, (error: unknown) => {
      if (!(error instanceof Refusal)) throw error; /* the form works without it */
    });
  }, [contact]);
}
