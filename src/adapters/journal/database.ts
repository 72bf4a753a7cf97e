import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

/** A database in memory, opened when it is first used: the library alone takes a second and 100 MB. */
export class Database {
  readonly #settings: Readonly<Record<string, string>>
  #opened: Promise<DuckDBInstance> | undefined

  /** @param settings of DuckDB, such as memory_limit */
  constructor(settings: Readonly<Record<string, string>>) {
    this.#settings = settings
  }

  /** Runs work on a connection of its own, whose temporary tables go with it. */
  async use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.connect()
    try {
      return await work(connection)
    } finally {
      connection.closeSync()
    }
  }

  /** A connection that the caller closes. */
  async connect(): Promise<DuckDBConnection> {
    this.#opened ??= open(this.#settings)
    return await (await this.#opened).connect()
  }
}

async function open(settings: Readonly<Record<string, string>>): Promise<DuckDBInstance> {
  const { DuckDBInstance: Instance } = await import('@duckdb/node-api')
  return await Instance.create(':memory:', { ...settings })
}

/** A text in SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** An instant in SQL. */
export function instant(ms: number): string {
  return `make_timestamp(${Math.round(ms)}000)`
}
