import { bindPreferences } from "../lib/preferences.js";

bindPreferences();
