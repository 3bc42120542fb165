/** Writes the values `v` of own fields that a selection of rows `r`, with the client of each, has. */
export const insertValues = (from: string, where: string): string => `
  insert into client_values (client_id, field_id, position, text_value, number_value, day_value, moment_value, option_id, unique_key)
  select r.client_id, v.field_id, v.position, v.text_value, v.number_value, v.day_value, v.moment_value, v.option_id, case when f.kind = 'unique_id' then unique_key(v.text_value) end
  from ${from} join fields f on f.id = v.field_id where ${where}`
