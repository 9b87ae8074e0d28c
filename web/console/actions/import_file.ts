import { takeIn, type Taken } from "../data_file";
import { may } from "../state";
import type { Action } from "./action";

/* A file that was looked at, as it was looked at: `digest` is the preview's. */
export const importFile: Action<string, { file: File; digest: string }> = {
  name: "import_file",
  label: "data.title",
  predicate: () => may("admin"),
  perform: (kind, { file, digest }, key): Promise<Taken> => takeIn(kind, file, digest, key),
};
