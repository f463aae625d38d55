#include "report/page.h"
fa_status fa__page_write(fa__page *page) { (void)page; return FA_OK; }
