#pragma once
int cnats_placeholder(void);
