/** A list with one value at each place. `Array.from` and `fill` take several times as long, and every row has its place. */
export function listOf<T>(length: number, value: T): T[] {
  const list: T[] = [];
  for (let place = 0; place < length; place++) list.push(value);
  return list;
}
