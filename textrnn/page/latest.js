/** Of calls that follow one another the newest alone counts. */

/** A function that calls `work(signal, ...values)`; a call before it is aborted, and its result is dropped. */
export function latest(work) {
  let current = null;
  return async (...values) => {
    current?.abort();
    const own = (current = new AbortController());
    try {
      await work(own.signal, ...values);
    } catch (error) {
      if (!own.signal.aborted) throw error;
    }
  };
}
