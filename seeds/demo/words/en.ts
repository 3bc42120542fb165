import type { Words } from '../words.js'

export const en: Words = {
  notes: [
    'Prefers a message to a call.', 'Call after {hour} only, works shifts.', 'Pays by card, wants the invoice by e-mail.', 'Asks for the price before every repair.',
    'Entrance from the yard, the bell does not work.', 'Two dogs: ring before coming in.', 'Hard of hearing, please write.', 'Collects on {day} after {hour}.',
    'Keeps the old parts.', 'Does not mind used parts when they are cheaper.', 'Has a spare {item} of ours on loan.', 'Came back after two years, was happy with the last repair.',
    'Speaks slowly on the phone, be patient.', 'Her son picks things up.', 'Wants the data untouched, whatever happens.', 'Agreed on a monthly invoice.',
    'Needs it for work: never keep it over the weekend.', 'Third floor without a lift.', 'Likes Viber best.', 'Comes with several devices at once.'
  ],
  comments: [
    '{item}: diagnosis ready, quoted {price}.', 'Called, no answer. Will try again on {day}.', 'Accepted the price of {price}.', '{item}: the part is ordered, here by {day}.',
    'Ready for collection, message sent.', 'Collected and paid {price}.', 'Asks whether it can be done by {day}.', '{item}: not worth repairing, told the client.',
    'Brought the charger as well.', 'Wants to think about it until {day}.', '{item}: warranty repair, no charge.', 'Left without a deposit, agreed with the manager.',
    'Will come at {hour} on {day}.', 'Complained about the wait; apologised and gave a case for free.', 'Recommended us to a neighbour.', '{item}: second visit with the same fault, check the board.',
    'Paid a deposit of {price}.', 'Asked for a receipt from last time, sent.', 'Phone off all day.', 'Wrong number on the card, asked for the right one.', 'Courier collects on {day} at {hour}.', 'Very satisfied, promised a review.'
  ],
  supplierNotes: ['Delivers on {day}, order before {hour}.', 'Invoice due in 14 days.', 'Minimum order {price}.', 'Returns within 30 days with the box only.', 'Ask for the wholesale price list.'],
  conflicts: [
    'Refused to pay for a finished repair.', 'Shouts at the staff at the counter.', 'Threatened a bad review to get a discount.', 'Claims damage that was there when the device came in.',
    'Did not collect for half a year, then asked for money.', 'Charged the card payment back after collecting.', 'Brought a device reported as stolen.'
  ],
  items: ['Laptop', 'Phone', 'Tablet', 'Washing machine', 'Coffee machine', 'Vacuum cleaner', 'Printer', 'Television', 'Drill', 'Electric scooter', 'Headphones', 'Dishwasher'],
  days: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
  tags: [['VIP', 'amber'], ['Regular', 'green'], ['Business', 'blue'], ['Pays late', 'red'], ['Warranty', 'teal'], ['Invoice', 'plain'], ['Student', 'plain'], ['Neighbour', 'green']],
  campaigns: ['Google', 'Facebook', 'Recommendation', 'Leaflets'],
  locations: ['City centre', 'Station']
}
