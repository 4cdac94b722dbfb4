import { type RawBuilder, sql } from 'kysely'

/** A number of days since 1970 as a `date`. */
export function toDay(day: number): RawBuilder<Date> {
  return sql<Date>`(date '1970-01-01' + ${day}::int)`
}

/** A column of dates as a number of days since 1970. */
export function fromDay(column: string): RawBuilder<number> {
  return sql<number>`(${sql.ref(column)} - date '1970-01-01')`
}
