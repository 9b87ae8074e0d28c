import { page } from "./page/en";
import { problems } from "./problems/en";
import { words } from "./words/en";

export const en = { ...page, ...words, ...problems };
