import pg from 'pg'

/** Gives numbers for new clients, each once and in ascending order, over a connection of its own. Those that nobody takes stay without a client. */
export class Numbers {
  private readonly connection: pg.Client
  private connecting: Promise<unknown> | undefined

  constructor (url: string) {
    this.connection = new pg.Client({ connectionString: url, application_name: 'clientela imports' })
    this.connection.on('error', () => {}) // the next query says so
  }

  async take (count: number): Promise<number[]> {
    await (this.connecting ??= this.connection.connect())
    const { rows } = await this.connection.query<[number]>({ name: 'numbers', text: "select nextval((select pg_get_serial_sequence('clients', 'id')))::float8 from generate_series(1, $1)", values: [count], rowMode: 'array' })
    return rows.map(([number]) => number)
  }

  async end (): Promise<void> {
    if (this.connecting) await this.connection.end().catch(() => {})
  }
}
