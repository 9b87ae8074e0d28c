import { desk } from "./desk/en";
import { map } from "./map/en";
import { matter } from "./matter/en";
import { page } from "./page/en";
import { problems } from "./problems/en";
import { report } from "./report/en";
import { words } from "./words/en";

export const en = { ...page, ...desk, ...map, ...matter, ...report, ...words, ...problems };
