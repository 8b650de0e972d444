// A register of residents in the key-value store. That it stays in one jurisdiction is the manifest's, not the code's.

import { kv, ToolError } from "atoll";

export default {
  tools: {
    async register_resident({ number, name, address }) {
      let isNew = false;
      const resident = await kv.update(number, (old) => {
        isNew = old === null;
        const isSame = old?.name === name && old?.address === address;
        return isSame ? undefined : { name, address, changes: (old?.changes ?? 0) + 1 };
      }, { type: "json" });
      return { number, new: isNew, changes: resident.changes };
    },

    async find_resident({ number }) {
      const resident = await kv.get(number, "json");
      if (resident === null) throw new ToolError(`no resident has the number ${number}`);
      return { number, name: resident.name, address: resident.address };
    },
  },
};
