using System.Text.Json;
using Serverless.Local.Journal;
using Serverless.Service.Pipeline;
using Serverless.Tests.Port;

namespace Serverless.Local.Tests.Journal;

/// <summary>What replay makes of code and records that do not fit each other, or of code that breaks the port's rules.</summary>
public sealed class JournalReplayTests
{
    private static readonly RetrySchedule Retry = new(3, TimeSpan.FromSeconds(1), 2, TimeSpan.FromSeconds(9));
    private static readonly ActivityName<string, string> Echo = new("Echo");
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_request_beyond_the_record_becomes_the_pending_step()
    {
        var (record, request) = Advance((context, _) => context.WaitAsync("changed", TimeSpan.FromMinutes(2)));
        Assert.Equal(new StepRequest(JournalStep.Wait, "changed", TimeSpan.FromMinutes(2)), request);
        Assert.Equal(new PendingStep(JournalStep.Wait, "changed", Now.AddMinutes(2)), record.Pending);
    }

    [Fact]
    public void A_pending_step_keeps_its_time_and_counts_over_a_restart()
    {
        var pending = new PendingStep(JournalStep.Activity, "Echo", Now.AddSeconds(7), Attempts: 2, Starts: 1);
        var (record, _) = Advance((context, input) => context.CallAsync(Echo, input, Retry), Record() with { Pending = pending });
        Assert.Same(pending, record.Pending);
    }

    [Theory]
    [InlineData(JournalStep.Activity, "Other", "step 1 of run 0: the code asks for Activity Echo, the record holds Activity Other")]
    [InlineData(JournalStep.Sleep, null, "step 1 of run 0: the code asks for Activity Echo, the record holds a sleep")]
    public void A_record_of_something_else_begins_the_instance_anew(JournalStep step, string? name, string reason)
    {
        var (record, request) = Advance(
            (context, input) => context.CallAsync(Echo, input, Retry),
            Record() with { History = [new JournalEntry(step, name, Now)], Input = Json("later input"), Events = ["changed"] });
        Assert.Equal(reason, record.Mismatch);
        Assert.Equal((1, 1, 0), (record.Restarts, record.Generation, record.History.Length));
        Assert.Equal(["changed"], record.Events);
        Assert.Equal($"go after: {reason}", request!.Input!.Value.GetString());
    }

    [Fact]
    public void A_pending_step_of_something_else_begins_the_instance_anew()
    {
        var (record, _) = Advance(
            (context, input) => context.CallAsync(Echo, input, Retry),
            Record() with { Pending = new PendingStep(JournalStep.Activity, "Other", Starts: 3) });
        Assert.Equal("step 0 of run 0: the code asks for Activity Echo, the record holds Activity Other", record.Mismatch);
        Assert.Equal(new PendingStep(JournalStep.Activity, "Echo"), record.Pending);
    }

    [Fact]
    public void A_result_of_another_shape_begins_the_instance_anew()
    {
        var history = new JournalEntry(JournalStep.Activity, "Echo", Now, JsonSerializer.SerializeToElement(new { Shape = 1 }));
        var (record, _) = Advance((context, input) => context.CallAsync(Echo, input, Retry), Record() with { History = [history] });
        Assert.StartsWith("step 1 of run 0: the recorded result of Echo cannot be read as String: ", record.Mismatch);
    }

    [Fact]
    public void An_original_input_of_another_shape_fails_the_instance()
    {
        var (record, _) = Advance(
            (context, input) => context.CallAsync(Echo, input, Retry), Record() with { Input = Number(1), OriginalInput = Number(2) });
        Assert.Equal(JournalState.Failed, record.State);
        Assert.StartsWith("the recorded input cannot be read as String: ", record.Failure);
    }

    [Fact]
    public void Code_that_ends_before_its_record_begins_the_instance_anew()
    {
        var inputs = new List<string>();
        var (record, _) = Advance(
            (_, input) =>
            {
                inputs.Add(input);
                return Task.CompletedTask;
            },
            Record() with { History = [new JournalEntry(JournalStep.Sleep, null, Now)] });
        Assert.Equal(JournalState.Ended, record.State);
        Assert.Equal(["go", "go after: the code of run 0 ends earlier than its record"], inputs);
    }

    [Fact]
    public void A_mismatch_is_seen_even_if_the_code_catches_everything()
    {
        var (record, _) = Advance(
            async (context, input) =>
            {
                try
                {
                    await context.CallAsync(Echo, input, Retry);
                }
                catch (Exception)
                {
                    await context.SleepAsync(TimeSpan.FromSeconds(1));
                }
            },
            Record() with { History = [new JournalEntry(JournalStep.Activity, "Other", Now)] });
        Assert.Equal(1, record.Restarts);
    }

    [Fact]
    public void Code_that_is_never_the_same_twice_fails_in_the_end()
    {
        var times = 0;
        var record = Record();
        while (record.State == JournalState.Running)
        {
            (record, _) = Advance(
                async (context, input) =>
                {
                    var random = new ActivityName<string, string>($"Random{times++}");
                    await context.CallAsync(random, input, Retry);
                },
                record);
        }
        Assert.Equal((JournalState.Failed, 20), (record.State, record.Restarts));
        Assert.Matches("the code asks for Activity Random[0-9]+, the record holds Activity Random[0-9]+$", record.Failure);
    }

    [Fact]
    public void Awaiting_two_things_at_a_time_fails() => AssertFails(
        "the workflow awaits two things at a time",
        (context, input) => Task.WhenAll(context.CallAsync(Echo, input, Retry), context.SleepAsync(TimeSpan.FromSeconds(1))));

    [Fact]
    public void Awaiting_something_else_than_the_context_fails() => AssertFails(
        "the workflow awaits something that is not its context's", (_, _) => Task.Delay(Timeout.Infinite));

    [Fact]
    public void Returning_without_awaiting_an_activity_fails() => AssertFails(
        "the workflow returned without awaiting Echo",
        (context, input) =>
        {
            _ = context.CallAsync(Echo, input, Retry);
            return Task.CompletedTask;
        });

    [Fact]
    public void Going_on_after_continuing_as_new_fails() => AssertFails(
        "the workflow goes on after it continued as new",
        (context, input) =>
        {
            context.ContinueAsNew(input);
            return context.SleepAsync(TimeSpan.FromSeconds(1));
        });

    [Fact]
    public void Continuing_as_new_for_ever_fails() => AssertFails(
        "the workflow continued as new 100 times without awaiting anything",
        (context, input) =>
        {
            context.ContinueAsNew(input);
            return Task.CompletedTask;
        });

    [Fact]
    public void An_exception_of_the_code_fails_the_instance() => AssertFails("of our own", (_, _) => throw new InvalidOperationException("of our own"));

    [Fact]
    public void A_record_is_the_same_after_it_was_written_and_read()
    {
        var record = Record() with
        {
            History = [new JournalEntry(JournalStep.Activity, "Echo", Now, Json("x")), new JournalEntry(JournalStep.Wait, "changed", Now, EventCame: true)],
            Pending = new PendingStep(JournalStep.Sleep, null, Now.AddDays(2)),
            Events = ["changed", "changed"],
            Status = "training",
        };
        var text = JsonSerializer.Serialize(record, PipelineJson.Options);
        Assert.Equal(text, JsonSerializer.Serialize(JsonSerializer.Deserialize<JournalRecord>(text, PipelineJson.Options), PipelineJson.Options));
        Assert.Contains("\"step\":\"Wait\"", text, StringComparison.Ordinal);
    }

    private static void AssertFails(string message, Func<IWorkflowContext, string, Task> script)
    {
        var (record, request) = Advance(script);
        Assert.Null(request);
        Assert.Null(record.Pending);
        Assert.Equal(JournalState.Failed, record.State);
        Assert.Contains(message, record.Failure, StringComparison.Ordinal);
    }

    private static (JournalRecord Record, StepRequest? Request) Advance(
        Func<IWorkflowContext, string, Task> script, JournalRecord? record = null) =>
        JournalTurn.Advance(record ?? Record(), JournalWorkflow.Of(new ToyWorkflow(script)), Now);

    private static JournalRecord Record() => new()
    {
        InstanceId = "instance-1",
        Workflow = "Toy",
        OriginalInput = Json("go"),
        Input = Json("go"),
        StartedAt = Now.AddHours(-1),
    };

    private static JsonElement Number(int number) => JsonSerializer.SerializeToElement(number);

    private static JsonElement Json(string text) => JsonSerializer.SerializeToElement(text);
}
