import { alerts } from "./alerts/zh_hans";
import { data } from "./data/zh_hans";
import { desk } from "./desk/zh_hans";
import { map } from "./map/zh_hans";
import { matter } from "./matter/zh_hans";
import { page } from "./page/zh_hans";
import { paper } from "./paper/zh_hans";
import { phone } from "./phone/zh_hans";
import { problems } from "./problems/zh_hans";
import { report } from "./report/zh_hans";
import { shift } from "./shift/zh_hans";
import { safety } from "./safety/zh_hans";
import { training } from "./training/zh_hans";
import { vitals } from "./vitals/zh_hans";
import { words } from "./words/zh_hans";

export const zhHans = {
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
