/** The weekday of a budget day (YYYY-MM-DD), 0 for Sunday to 6 for Saturday: that of the date on which it began. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}
