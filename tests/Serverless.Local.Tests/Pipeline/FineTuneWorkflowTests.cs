using System.Text.Json;
using Serverless.Local.Journal;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Pipeline.Webhooks;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>What the workflow calls next, for each thing an activity can answer; every turn is replayed twice and must ask for the same.</summary>
public sealed class FineTuneWorkflowTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly JobId Job = new("ftjob-1");
    private static readonly JournalWorkflow Workflow = JournalWorkflow.Of(new FineTuneWorkflow());
    private static readonly StageOutcome Refused = StageOutcome.Refuse(new JobError("invalid_training_file", "train.jsonl is empty", "training_file"));

    [Fact]
    public void A_job_goes_through_its_stages_in_order()
    {
        var run = new Run().Answer(StageOutcome.Done, StageOutcome.Done, StageOutcome.Done).Answer(StageOutcome.More, StageOutcome.Done)
            .Answer(StageOutcome.More, StageOutcome.More, StageOutcome.Done).Answer(StageOutcome.Done, StageOutcome.Done);
        Assert.Equal(
            ["ValidateFiles", "Prepare", "Admit", "Teach", "Teach", "TrainChunk", "TrainChunk", "TrainChunk", "Evaluate", "Publish", "Finish"], run.Asked);
        Assert.Equal(new JobEnd(Job, JobMove.Succeed), run.Input<JobEnd>());
        run.Answer(true);
        Assert.Equal(new WebhookCall(Job), run.Input<WebhookCall>());
        run.Answer(true);
        Assert.Equal(JournalState.Ended, run.Record.State);
    }

    [Fact]
    public void A_job_that_nobody_teaches_trains_as_soon_as_it_is_admitted()
    {
        var run = new Run().Answer(StageOutcome.Done, StageOutcome.Done, StageOutcome.Train, StageOutcome.Yield, StageOutcome.Train, StageOutcome.Done);
        Assert.Equal(["ValidateFiles", "Prepare", "Admit", "TrainChunk", "Admit", "TrainChunk", "Evaluate"], run.Asked);
    }

    [Fact]
    public void A_recipe_goes_back_to_its_teacher_after_each_stage_but_the_last()
    {
        var run = new Run().Answer(StageOutcome.Done, StageOutcome.Done, StageOutcome.Done);
        run.Answer(StageOutcome.Done, StageOutcome.Done, StageOutcome.Done, StageOutcome.Next);
        run.Answer(StageOutcome.Done, StageOutcome.Done, StageOutcome.Done, StageOutcome.Done);
        string[] stage = ["Teach", "TrainChunk", "Evaluate", "Publish"];
        Assert.Equal(["ValidateFiles", "Prepare", "Admit", .. stage, .. stage, "Finish"], run.Asked);
        Assert.Equal(new JobEnd(Job, JobMove.Succeed), run.Input<JobEnd>());
    }

    [Fact]
    public void A_webhook_that_fails_at_every_attempt_is_noted_and_the_job_has_ended_all_the_same()
    {
        var run = new Run().Answer(StageOutcome.Stop);
        run.Answer(true);
        run.Settle(new JournalEntry(JournalStep.Activity, "SendWebhooks", Now, Failure: "it answered 500"));
        Assert.Equal(new WebhookCall(Job, GivesUp: true), run.Input<WebhookCall>());
        run.Answer(false);
        Assert.Equal(["ValidateFiles", "Finish", "SendWebhooks", "SendWebhooks"], run.Asked);
        Assert.Equal(JournalState.Ended, run.Record.State);
    }

    [Fact]
    public void A_stage_that_waits_is_called_again_after_its_time_or_when_the_job_changed()
    {
        var run = new Run().Answer(StageOutcome.Wait(TimeSpan.FromSeconds(7)));
        Assert.Equal(new StepRequest(JournalStep.Wait, "changed", TimeSpan.FromSeconds(7)), run.Request);
        run.Settle(new JournalEntry(JournalStep.Wait, "changed", Now, EventCame: false));
        run.Answer(StageOutcome.Wait(TimeSpan.FromSeconds(7)));
        run.Settle(new JournalEntry(JournalStep.Wait, "changed", Now, EventCame: true));
        Assert.Equal(["ValidateFiles", "changed", "ValidateFiles", "changed", "ValidateFiles"], run.Asked);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void A_stage_that_yields_asks_for_admission_again(int stagesDone)
    {
        var run = new Run();
        for (var stage = 0; stage < stagesDone; stage++)
            run.Answer(StageOutcome.Done);
        run.Answer(StageOutcome.Yield);
        Assert.Equal("Admit", run.Asked[^1]);
        run.Answer(StageOutcome.Done);
        Assert.Equal("Teach", run.Asked[^1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void A_fault_of_the_owner_or_a_cancellation_ends_the_job_at_any_stage(int stagesDone)
    {
        foreach (var (outcome, end) in new[]
        {
            (Refused, new JobEnd(Job, JobMove.Fail, Refused.Error)),
            (StageOutcome.Stop, new JobEnd(Job, JobMove.Cancel)),
        })
        {
            var run = new Run();
            for (var stage = 0; stage < stagesDone; stage++)
                run.Answer(StageOutcome.Done);
            run.Answer(outcome);
            Assert.Equal("Finish", run.Asked[^1]);
            Assert.Equal(end, run.Input<JobEnd>());
        }
    }

    [Fact]
    public void A_fault_of_the_service_fails_the_job_with_server_error()
    {
        var run = new Run().Answer(StageOutcome.Done);
        run.Settle(new JournalEntry(JournalStep.Activity, "Prepare", Now, Failure: "the disk is full"));
        Assert.Equal(
            new JobEnd(
                Job, JobMove.Fail, new JobError("server_error", "The job failed by a fault of the service: Prepare failed: the disk is full")),
            run.Input<JobEnd>());
    }

    [Fact]
    public void A_job_whose_ending_fails_at_every_attempt_is_ended_later_as_was_decided()
    {
        var run = new Run().Answer(Refused);
        var end = new JobEnd(Job, JobMove.Fail, Refused.Error);
        run.Settle(new JournalEntry(JournalStep.Activity, "Finish", Now, Failure: "the storage is away"));
        Assert.Equal(new StepRequest(JournalStep.Sleep, null, TimeSpan.FromMinutes(5)), run.Request);
        run.Settle(new JournalEntry(JournalStep.Sleep, null, Now));
        Assert.Equal((1, 0, "Finish"), (run.Record.Generation, run.Record.History.Length, run.Asked[^1]));
        Assert.Equal(end with { Failures = 1 }, run.Input<JobEnd>());
        run.Answer(true);
        run.Answer(true);
        Assert.Equal(JournalState.Ended, run.Record.State);
    }

    [Fact]
    public void A_job_that_cannot_be_ended_for_hours_leaves_that_to_the_next_start_of_its_workflow()
    {
        var run = new Run().Answer(StageOutcome.Stop);
        for (var failures = 0; failures < FineTuneWorkflow.MostEndings; failures++)
        {
            Assert.Equal(new JobEnd(Job, JobMove.Cancel, Failures: failures), run.Input<JobEnd>());
            run.Settle(new JournalEntry(JournalStep.Activity, "Finish", Now, Failure: "the process died 5 times in it"));
            if (run.Request is not null)
                run.Settle(new JournalEntry(JournalStep.Sleep, null, Now));
        }
        Assert.Equal(JournalState.Failed, run.Record.State);
        Assert.Contains("Finish failed: the process died 5 times in it", run.Record.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_job_continues_as_new_at_its_stage()
    {
        var run = new Run().Answer(StageOutcome.Done, StageOutcome.Done, StageOutcome.Done, StageOutcome.Done);
        for (var chunk = 0; chunk < FineTuneWorkflow.CallsPerRun - 4; chunk++)
            run.Answer(StageOutcome.More);
        Assert.Equal((1, 0), (run.Record.Generation, run.Record.History.Length));
        Assert.Equal(new FineTuneInput(Job, JobStage.Train), run.Record.Input.Deserialize<FineTuneInput>(PipelineJson.Options));
        Assert.Equal("TrainChunk", run.Asked[^1]);
        Assert.All(run.Lengths, length => Assert.InRange(length, 0, 2 * FineTuneWorkflow.CallsPerRun));
    }

    [Fact]
    public void A_history_that_does_not_fit_begins_anew_and_the_owner_is_told()
    {
        var run = new Run(new JournalEntry(JournalStep.Activity, "Tokenize", Now));
        Assert.Equal("NoteRestart", run.Asked[^1]);
        Assert.Equal(
            new RestartNote(Job, "step 1 of run 0: the code asks for Activity ValidateFiles, the record holds Activity Tokenize"),
            run.Input<RestartNote>());
        run.Answer(true);
        Assert.Equal("ValidateFiles", run.Asked[^1]);
        for (var call = 0; call < FineTuneWorkflow.CallsPerRun; call++)
            run.Answer(StageOutcome.More);
        Assert.Equal("ValidateFiles", run.Asked[^1]);
    }

    /// <summary>A workflow carried from answer to answer.</summary>
    private sealed class Run
    {
        public Run(params JournalEntry[] history) => Advance(new JournalRecord
        {
            InstanceId = Job.Value,
            Workflow = nameof(FineTuneWorkflow),
            OriginalInput = JsonSerializer.SerializeToElement(new FineTuneInput(Job), PipelineJson.Options),
            Input = JsonSerializer.SerializeToElement(new FineTuneInput(Job), PipelineJson.Options),
            StartedAt = Now,
            History = [.. history],
        });

        public JournalRecord Record { get; private set; } = null!;

        public StepRequest? Request { get; private set; }

        public List<string> Asked { get; } = [];

        public List<int> Lengths { get; } = [];

        public Run Answer(params StageOutcome[] outcomes)
        {
            foreach (var outcome in outcomes)
                Answer<StageOutcome>(outcome);
            return this;
        }

        public void Answer<T>(T result) => Settle(new JournalEntry(
            JournalStep.Activity, Request!.Name, Now, JsonSerializer.SerializeToElement(result, PipelineJson.Options)));

        public void Settle(JournalEntry entry) => Advance(Record with { History = Record.History.Add(entry), Pending = null });

        public T Input<T>() => Request!.Input!.Value.Deserialize<T>(PipelineJson.Options)!;

        private void Advance(JournalRecord record)
        {
            var (first, request) = JournalTurn.Advance(record, Workflow, Now);
            var (again, same) = JournalTurn.Advance(first, Workflow, Now);
            Assert.Equal(JsonSerializer.Serialize(first, PipelineJson.Options), JsonSerializer.Serialize(again, PipelineJson.Options));
            Assert.Equal(JsonSerializer.Serialize(request), JsonSerializer.Serialize(same));
            (Record, Request) = (first, request);
            Lengths.Add(first.History.Length);
            if (request is not null)
                Asked.Add(request.Name ?? "sleep");
        }
    }
}
