import { describe, expect, it } from 'vitest';
import { readReport } from './gpu-stack.mjs';

const REPORT = `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1"
failures="1" skipped="1" tests="5"><testcase classname="tests.test_a" name="test_fits[24gb]" time="0.1" />
<testcase classname="tests.test_a" name="test_adds_up" time="0.1"><failure message="assert 1 == 2">def test_adds_up():
&gt;   assert &quot;a&quot; &lt; 1 &amp;&amp; 2</failure></testcase>
<testcase classname="tests.test_b" name="test_gpu" time="0"><skipped type="pytest.skip" message="no GPU">b.py:1</skipped></testcase>
<testcase classname="" name="tests.test_c" time="0"><error message="collection failure">ImportError: no module</error></testcase>
<testcase classname="tests.test_d" name="test_says" time="0"><system-out>1 &lt; 2</system-out></testcase></testsuite></testsuites>`;

describe("a room's report", () => {
  const { passed, failures } = readReport(REPORT, 'llm');

  it('counts what passed, not what was skipped', () => {
    expect(passed).toBe(2);
  });

  it('names what failed, and what could not be loaded, with the text as it was', () => {
    expect(failures).toEqual([
      'gpu-stack/llm: tests.test_a: test_adds_up\ndef test_adds_up():\n>   assert "a" < 1 && 2',
      'gpu-stack/llm: : tests.test_c\nImportError: no module',
    ]);
  });
});
