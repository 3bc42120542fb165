import { measureKinds, type Kinds, type Served } from './kinds.js'

/*
 * npm run bench -- --only leads [--leads 1000000] [--seconds 2]
 * The table of leads, one in twenty of them open: its badges, filters, orders and searches, and pages far behind the first; then the board; see kinds.ts for what is measured.
 */
const KINDS: Kinds = {
  'first page': [''],
  badges: ['show=urgent', 'show=new', 'show=mine', 'show=overdue', 'show=late', 'show=pending', 'show=all', 'show=archived'],
  'other orders': ['sort=due', 'sort=due&order=desc', 'sort=since', 'show=all&sort=due', 'show=all&sort=since&order=desc'],
  'pages far behind': ['show=all&after={middle}', 'show=all&before={middle}', 'show=all&sort=due&after={middle}', 'next=20', 'show=overdue&next=10'],
  'narrowed by many': ['group=lost', 'status={lost}', 'show=all&location={location}', 'show=all&location=none', 'show=all&manager={manager}', 'show=all&campaign={campaign}', 'show=all&type={type}'],
  'narrowed by few': ['manager={manager}', 'location={location}&campaign={campaign}', 'campaign={campaign}&type={type}', 'status={new}&manager={manager}', 'show=urgent&manager={manager}'],
  'narrowed by days': ['created_from={day}&created_to={day}&show=all', 'closed_from={day}&closed_to={day}', 'due_from={day}&due_to={day}', 'due_to={day}', 'created_to={day}&group=lost'],
  'searched by number': ['q=M-0500000', 'q=0500000', 'q=05000', 'q={number}'],
  'searched by name': ['q=zofia', 'q=zofia+a1b', 'q=a1b2', 'q=łuk', 'q=zofia&manager={manager}', 'q=qqqqq'],
  'searched by phone': ['q={phone}', 'q=%2B48{phone}', 'q=600', 'q=61234', 'q=999999999']
}

const BOARD: Kinds = {
  'the board': [''],
  'its badges': ['show=urgent', 'show=new', 'show=mine', 'show=overdue', 'show=late', 'show=pending'],
  'narrowed, or by what is due': ['sort=due', 'manager={manager}', 'location={location}', 'campaign={campaign}', 'type={type}', 'due_to={day}', 'group=lost'],
  'searched': ['q={number}', 'q=zofia', 'q=zofia+a1b', 'q={phone}', 'q=qqqqq']
}

const TOUCHED: Kinds = { 'two columns that changed': ['columns={new}.20,{work}.20'] }

/** Measures all kinds in a database of many leads. */
export async function benchLeadLists (served: Omit<Served, 'name' | 'words'>, seconds: number): Promise<void> {
  const { db } = served
  const { rows: [words] } = await db.raw(`
    select (select min(id) + (max(id) - min(id)) / 2 from leads) as middle, (select max(number) from leads) as number, (select typed from lead_phones order by id desc limit 1) as phone,
      (select max(id) from locations) as location, (select max(id) - 3 from campaigns) as campaign, (select max(manager_id) from leads) as manager, (select max(id) from lead_types) as type,
      (select id from lead_statuses where key = 'canceled') as lost, (select id from lead_statuses where key = 'new_lead') as new, (select id from lead_statuses where key = 'in_work') as work, (current_date - 100)::text as day`)
  for (const [path, kinds] of [['/leads', KINDS], ['/leads/board', BOARD], ['/leads/board/now', TOUCHED]] as const) await measureKinds([{ ...served, name: '', words }], kinds, { path, seconds, goal: 40, worst: 100 })
}
