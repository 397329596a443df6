# ruff: noqa: E501
"""Wrong meanings planted by hand in the server, the audit, what is exported."""

from __future__ import annotations

from mutants.planting import Planted

SERVED = "tests/textrnn/serving"
SERVED_AND_EXPORTED: tuple[Planted, ...] = (
    # --- the server ----------------------------------------------------------------------------
    Planted("textrnn/serving/connection.py", "a slow sender has all the time in the world", "self.loop.call_later(self.limits.request_seconds, self._too_slow)", "self.loop.call_later(1e6, self._too_slow)", f"{SERVED}/test_limits.py::test_a_length_that_is_too_short_or_too_long"),
    Planted("textrnn/serving/work_queue.py", "what would be late is taken", "if full or wait > limits.wait_seconds:", "if full:", f"{SERVED}/test_work_queue.py::test_what_would_be_late_is_refused_and_told_when_to_come_again"),
    Planted("textrnn/serving/work_queue.py", "the batch that it is computed with takes no time", "min(rests)) + caution * self.latency.predict(largest)", "min(rests))", f"{SERVED}/test_overload.py::test_at_five_times_the_load_what_is_taken_is_answered_in_time"),
    Planted("textrnn/serving/work_queue.py", "a batch is as large on a slow machine", "min(self.limits.batch_tokens, self.latency.tokens_within(BATCH_SHARE * self.limits.wait_seconds))", "float(self.limits.batch_tokens)", f"{SERVED}/test_overload.py::test_a_batch_is_of_the_size_that_the_deadline_leaves"),
    Planted("textrnn/serving/work_queue.py", "a batch that is late ends at once", "return abs(expected - (self._clock() - batch.since))", "return max(0.0, expected - (self._clock() - batch.since))", f"{SERVED}/test_overload.py::test_what_is_computed_for_longer_than_expected_may_take_as_long_again"),
    Planted("textrnn/serving/work_queue.py", "one engine takes all that waits", "min(self.batch_tokens, fair)", "self.batch_tokens", f"{SERVED}/test_overload.py::test_what_waits_is_shared_by_the_engines"),
    Planted("textrnn/serving/latency.py", "each batch takes what is expected", "return max(1.0, found / (SURE_SECONDS + self._expected))", "return 1.0", f"{SERVED}/test_overload.py::test_an_engine_of_uneven_speed_is_not_trusted_to_its_mean"),
    Planted("textrnn/serving/latency.py", "a hiccup of a small batch is expected of a large one", "SURE_SECONDS = 0.05", "SURE_SECONDS = 1e-9", f"{SERVED}/test_overload.py::test_what_delays_a_batch_of_milliseconds_is_no_reason_to_refuse"),
    Planted("textrnn/serving/work_queue.py", "characters that were computed still take room", "            self._characters -= job.characters\n", "", f"{SERVED}/test_work_queue.py::test_requests_and_characters_are_bounded"),
    Planted("textrnn/serving/work_queue.py", "a batch is of two models", "job.model is not batch[0].model or ", "", f"{SERVED}/test_work_queue.py::test_a_batch_is_of_one_model"),
    Planted("textrnn/serving/work_queue.py", "it is computed for who has left", "if job.is_gone():", "if False:", f"{SERVED}/test_work_queue.py::test_who_is_gone_is_left_out"),
    Planted("textrnn/serving/service.py", "a request that was answered counts as one that waits", "            self._accepted -= 1\n", "            pass\n", f"{SERVED}/test_running.py::test_requests_of_one_batch_get_their_own_answers"),
    Planted("textrnn/serving/engine_thread.py", "each request of a batch gets the answers of the first", "            start = stop\n", "            start = 0\n", f"{SERVED}/test_running.py::test_requests_of_one_batch_get_their_own_answers"),
    Planted("textrnn/serving/application.py", "answers of the old model have the digest of the new", "render_answer(model, found.predictions", "render_answer(service.model, found.predictions", f"{SERVED}/test_running.py::test_a_request_is_answered_by_the_model_that_accepted_it"),
    Planted("textrnn/serving/access.py", "a token with more behind it is right", "sha256(shown.strip())", 'sha256(shown.strip().split(b" ")[0])', f"{SERVED}/test_access.py::test_nothing_else_is"),
    Planted("textrnn/serving/access.py", "a part of the token's digest is compared", "hmac.compare_digest(sha256(shown.strip()).digest(), self.token)", "hmac.compare_digest(sha256(shown.strip()).digest()[:1], self.token[:1])", f"{SERVED}/test_access.py::test_of_many_guesses_none_is_right"),
    Planted("textrnn/serving/middleware.py", "any Host may be named", "            self.access.check_host(headers)\n", "", f"{SERVED}/test_answers.py::test_who_may_ask"),
    Planted("textrnn/serving/problems.py", "429 without Retry-After", 'headers={"Retry-After": str(wait)},', "headers={},", f"{SERVED}/test_running.py::test_a_refusal_says_when_to_come_again"),
    Planted("textrnn/serving/predict_request.py", "a text that is wrong is repeated", '"a string", kind_of(text))', '"a string", repr(text))', f"{SERVED}/test_answers.py::test_what_is_wrong_is_refused_in_one_line_without_being_repeated[a number for a text]"),
    Planted("textrnn/storage/appending.py", "a line goes on where one was cut off", "self._ends_a_line = written == len(rest)", "self._ends_a_line = True", f"{SERVED}/test_text_log.py::test_a_full_disk_is_told_once_and_the_next_line_is_whole"),
    # --- the audit -----------------------------------------------------------------------------
    Planted("textrnn/auditing/audit_corpus.py", "near-duplicates are judged by one another", "assign_folds(alike.groups, _strata(rows), N_FOLDS)", "deal_folds(np.arange(len(rows)), _strata(rows), N_FOLDS)", "tests/textrnn/auditing/test_audit_corpus.py::test_near_duplicates_are_never_judged_by_one_another"),
    Planted("textrnn/auditing/out_of_fold.py", "a text is judged by a model that has read it", "np.flatnonzero(folds != fold), np.flatnonzero", "np.arange(len(folds)), np.flatnonzero", "tests/textrnn/auditing/test_out_of_fold.py::test_a_label_does_not_change_its_own_score"),
    Planted("textrnn/auditing/label_errors.py", "a class that no other fold has is judged", "judged = _is_known_elsewhere(labels, folds, target.outputs)", "judged = np.ones(len(labels), bool)", "tests/textrnn/auditing/test_audit_corpus.py::test_a_class_of_one_row_is_not_judged"),
    Planted("textrnn/auditing/neighbours.py", "a row of training leaks into the test", "if rows.split[row] > rows.split[first]:", "if rows.split[row] < rows.split[first]:", "tests/textrnn/auditing/test_audit_corpus.py::test_near_duplicates_are_never_judged_by_one_another"),
    # --- what is exported ----------------------------------------------------------------------
    Planted("textrnn/export/small_parts.py", "a token that was left out is another one", "np.where(kept, np.cumsum(kept) - 1, UNK)", "np.maximum(np.cumsum(kept) - 1, UNK)", "tests/textrnn/export/test_small.py::test_pruned_tokens_are_read_as_unk_by_both_branches"),
    Planted("textrnn/export/onnx_check.py", "a graph that computes something else is written", "if not found[i, j] <= TOLERANCE:", "if False:", "tests/textrnn/export/test_onnx.py::test_a_graph_that_computes_something_else_is_refused"),
    Planted("textrnn/export/html_model.py", "traditional Chinese is read as it comes by a model of simplified", "elif text.unit not in SPLITTERS or text.simplify:", "elif text.unit not in SPLITTERS:", "tests/textrnn/export/test_html.py::test_a_model_that_the_page_cannot_hold_is_refused_with_the_reason"),
    Planted("textrnn/export/html_file.py", "the page in one file may send texts elsewhere", "connect-src 'none'; base-uri", "connect-src *; base-uri", "tests/textrnn/export/test_html.py::test_the_page_allows_its_own_script_and_style_and_no_connection"),
)  # fmt: skip
