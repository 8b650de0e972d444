int cnats_placeholder(void) { return 0; }
