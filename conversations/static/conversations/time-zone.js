// The reader's time zone for the server, which shows times in it from the next page on.
"use strict";

{
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (timeZone) document.cookie = `timezone=${timeZone}; path=/; max-age=31536000; samesite=lax`;
}
