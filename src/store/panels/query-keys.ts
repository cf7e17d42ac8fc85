/** Whether the panel with this key takes it in the body of a POST only. One row read. */
export async function refusesQueryKeys(db: D1Database, keyHash: string): Promise<boolean> {
  const row = await db
    .prepare("SELECT refuse_query_keys FROM panels WHERE key_hash = ?1")
    .bind(keyHash)
    .first<{ refuse_query_keys: number }>();
  return row?.refuse_query_keys === 1;
}
