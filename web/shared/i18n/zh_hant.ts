import { alerts } from "./alerts/zh_hant";
import { data } from "./data/zh_hant";
import { desk } from "./desk/zh_hant";
import { map } from "./map/zh_hant";
import { matter } from "./matter/zh_hant";
import { page } from "./page/zh_hant";
import { paper } from "./paper/zh_hant";
import { phone } from "./phone/zh_hant";
import { problems } from "./problems/zh_hant";
import { report } from "./report/zh_hant";
import { shift } from "./shift/zh_hant";
import { safety } from "./safety/zh_hant";
import { training } from "./training/zh_hant";
import { vitals } from "./vitals/zh_hant";
import { words } from "./words/zh_hant";

export const zhHant = {
  ...page,
  ...data,
  ...desk,
  ...map,
  ...matter,
  ...words,
  ...problems,
  ...paper,
  ...shift,
  ...safety,
  ...training,
  ...phone,
  ...report,
  ...alerts,
  ...vitals,
};
