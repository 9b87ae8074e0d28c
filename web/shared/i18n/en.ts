import { desk } from "./desk/en";
import { page } from "./page/en";
import { problems } from "./problems/en";
import { words } from "./words/en";

export const en = { ...page, ...desk, ...words, ...problems };
