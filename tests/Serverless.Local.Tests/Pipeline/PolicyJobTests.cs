using System.Text;
using System.Text.Json;
using Serverless.Learning;
using Serverless.Local.Journal;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Network;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>What a policy's job may ask for besides: to be looked at, answers of a form, and models that grade.</summary>
public sealed class PolicyJobTests(AzuriteFixture azurite) : IDisposable
{
    private const string Instruction = "\n\nAnswer with a number from 0 to 1, and nothing else.";
    private static readonly JournalSettings InSmallParts = new() { ActivityBudget = TimeSpan.FromMilliseconds(1) };
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Validation_prompts_are_answered_while_a_policy_trains_in_chunks_of_any_size_with_the_same_figures()
    {
        var ends = new HashSet<string>();
        foreach (var journal in ((JournalSettings?[])[null, InSmallParts]))
        {
            await using var head = await StartAsync(journal: journal);
            var validation = await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 70), "valid.jsonl");
            var job = await RunAsync(head, MethodData.Letter, policy => policy with { EvaluationInterval = 2, EvaluationSamples = 2 }, validation);

            var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
            Assert.Equal([true, false, true], metrics.Select(step => step.Figures.ContainsKey("valid_reward")));
            // The first 64 of 70 prompts, twice each, 32 of them together.
            var answers = await head.Get<RolloutStore>().ReadAsync(job.StageId(), 2, default, evaluates: true);
            Assert.Equal([64, 64], answers.Select(batch => batch.Rollouts.Count));
            Assert.Equal(answers.SelectMany(batch => batch.Rollouts).Average(answer => answer.Reward), metrics[2].Figures["valid_reward"], 12);
            var told = (await head.Get<JobLog>().ListEventsAsync(job.Id, null, 1000, default)).Items.Single(entry => entry.Event.Message.StartsWith("Step 3/3", StringComparison.Ordinal)).Event;
            Assert.Contains(", validation reward=", told.Message, StringComparison.Ordinal);
            Assert.Equal(metrics[2].Figures["valid_reward"], told.Data!.Value.GetProperty("valid_reward").GetDouble());
            Assert.Equal((2, 2), (job.Options!.Policy!.EvaluationInterval, job.Options.Policy.EvaluationSamples));
            ends.Add(await head.WeightsAsync(job) + JsonSerializer.Serialize(metrics.Select(step => step.Figures)));
        }
        Assert.Single(ends);
    }

    [Fact]
    public async Task Evaluations_without_a_validation_file_fail_the_job_before_it_starts()
    {
        await using var head = await StartAsync();
        var job = await CreateAsync(head, MethodData.Letter, policy => policy with { EvaluationSamples = 2 });
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(
            "method.reinforcement.hyperparameters.eval_samples: found a value and no validation file; allowed: a value with a validation_file of prompts, which are answered then", job.Error!.Message);
        Assert.Equal("method.reinforcement.hyperparameters.eval_samples", job.Error.Param);
        Assert.Null(job.StartedAt);
    }

    [Fact]
    public async Task Answers_have_the_form_that_is_asked_for_in_training_and_evaluation()
    {
        const string Form = """
            {"type": "json_schema", "json_schema": {"name": "team", "strict": true, "schema":
              {"type": "object", "properties": {"team": {"enum": ["see", "you"]}}, "required": ["team"], "additionalProperties": false}}}
            """;
        await using var head = await StartAsync();
        var validation = await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 10), "valid.jsonl");
        var job = await RunAsync(head, MethodData.Letter, policy => policy with { MaxAnswerTokens = 40 }, validation, JsonDocument.Parse(Form).RootElement);

        var lines = await LinesAsync(head, job.ResultFiles[1]);
        // White space is part of the form, and a model of random weights writes so much of it that some answers do not come to their end.
        var ended = lines.Where(line => !line.GetProperty("cut_off").GetBoolean()).Select(line => line.GetProperty("text").GetString()!).ToList();
        Assert.InRange(ended.Count, 60, 3 * 4 * 20);
        Assert.All(ended, text => Assert.Contains(JsonDocument.Parse(text).RootElement.GetProperty("team").GetString(), (string[])["see", "you"]));
        var texts = lines.Select(line => line.GetProperty("text").GetString()!).ToList();
        Assert.Equal(3 * 4 * 20, texts.Count);
        var evaluation = await head.Get<JobEvaluations>().FindAsync(job.Id, default);
        texts.AddRange(evaluation!.Base.Samples.Concat(evaluation.Tuned.Samples).Select(sample => sample.Answer));
        Assert.Equal(3 * 4 * 20 + 20, texts.Count);
        Assert.All(texts, text => Assert.StartsWith("{", text.TrimStart(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_judge_elsewhere_that_thinks_as_a_grader_computes_leads_to_the_same_bytes()
    {
        await using var server = await TeacherServer.StartAsync((number, body) => Task.FromResult(
            number == 5 ? (503, "busy") : TeacherServer.Says(Asked(body).Contains('e', StringComparison.Ordinal) ? "1" : "0", thinking: "is there 1 e?")));
        await using var head = await StartAsync(server);
        var computed = await RunAsync(head, MethodData.Letter);
        var judged = await RunAsync(head, Judge("far"));

        Assert.Equal(await head.WeightsAsync(computed), await head.WeightsAsync(judged));
        var metrics = await head.Get<JobLog>().ListMetricsAsync(judged.Id, 0, default);
        Assert.All(metrics, step => Assert.Equal(0, step.Figures["answers_not_graded"]));
        // 80 answers in each of three steps, each different one asked about once, and the first batch of 60 again after the server was busy.
        Assert.InRange(server.Requests.Count, 30, 300);
        Assert.All(server.Requests, request => Assert.EndsWith(Instruction, request.Body.GetProperty("messages")[0].GetProperty("content").GetString(), StringComparison.Ordinal));

        static string Asked(JsonElement body) => body.GetProperty("messages")[0].GetProperty("content").GetString()!.Replace(Instruction, "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_that_a_judge_of_this_service_does_not_score_are_told_of()
    {
        await using var head = await StartAsync();
        var job = await RunAsync(head, Judge("tiny"));
        var metrics = await head.Get<JobLog>().ListMetricsAsync(job.Id, 0, default);
        // A model of random weights seldom says a number.
        Assert.All(metrics, step => Assert.InRange(step.Figures["answers_not_graded"], 0.5, 1));
        Assert.Contains(await head.MessagesAsync(job.Id), message => message.EndsWith("of the answers could not be graded and got no reward; GET /v1/fine_tuning/jobs/{id}/rollouts says why, in the field fault of each", StringComparison.Ordinal));
        var lines = await LinesAsync(head, job.ResultFiles[1]);
        Assert.Contains(lines, line => line.GetProperty("fault").GetString()?.StartsWith("letter.model: 'tiny' answered \"", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_judge_that_does_not_exist_is_refused_and_one_that_refuses_fails_the_job_with_what_it_said()
    {
        await using var server = await TeacherServer.StartAsync((_, _) => Task.FromResult((401, """{"error": {"message": "Incorrect API key provided"}}""")));
        await using var head = await StartAsync(server);
        var absent = await Assert.ThrowsAsync<InputError>(() => CreateAsync(head, Judge("absent")));
        Assert.Equal(
            "method.reinforcement.grader.model: found the model 'absent', which does not exist; allowed: a model of this service, or a teacher of the configuration (far)", absent.Message);
        var job = await CreateAsync(head, Judge("far"));
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(
            ("model_not_available", $"method.reinforcement.grader: the model 'far' cannot be asked: the teacher {server.Endpoint} answered 401: Incorrect API key provided"),
            (job.Error!.Code, job.Error.Message));
    }

    [Fact]
    public async Task A_job_is_cancelled_while_its_judge_thinks()
    {
        var asked = new TaskCompletionSource();
        await using var server = await TeacherServer.StartAsync((_, _) =>
        {
            asked.TrySetResult();
            return new TaskCompletionSource<(int, string)>().Task;
        });
        await using var head = await StartAsync(server);
        var job = await CreateAsync(head, Judge("far"));
        await asked.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        await head.Jobs.CancelAsync(job.Id, default);
        await FineTuneTests.UntilSaidAsync(head, job.Id, "Fine-tuning job cancelled");
    }

    [Fact]
    public async Task A_judge_that_stays_away_is_waited_for_with_an_event_and_then_named_as_what_the_job_failed_by()
    {
        await using var server = await TeacherServer.StartAsync((number, _) => Task.FromResult(number <= 60 ? TeacherServer.Says("1") : (503, "busy")));
        await using var head = await StartAsync(server, patience: 3);
        var job = await CreateAsync(head, Judge("far"));
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(("grader_unavailable", "method.reinforcement.grader"), (job.Error!.Code, job.Error.Param));
        Assert.Matches(
            @"^method\.reinforcement\.grader: the model 'far' does not answer: the teacher far \(.*\) answered 503: busy; it was asked 3 times since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$", job.Error.Message);
        Assert.Matches("^The job waits: method.reinforcement.grader: the model 'far' does not answer: .* It is asked again, up to 3 times in all$",
            Assert.Single(await head.MessagesAsync(job.Id), message => message.StartsWith("The job waits", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_grader_that_comes_to_no_end_with_any_answer_fails_the_job()
    {
        await using var head = await StartAsync();
        var job = await CreateAsync(head, Slow(0.01));
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(
            ("grader_timed_out", "method.reinforcement.grader: found no reward in time for any of 60 answers to 3 prompts; letter.pattern: found no end after 0.01 s; allowed: a pattern "
                + "of at most 512 characters without look-around and back-references, which takes time in proportion to the text, or one that backtracks less"),
            (job.Error!.Code, job.Error.Message));
    }

    [Fact]
    public async Task A_job_is_cancelled_between_two_answers_that_its_grader_takes_long_over()
    {
        await using var head = await StartAsync();
        var job = await CreateAsync(head, Slow(2));
        await head.UntilAsync(job.Id, JobStatus.Running);
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        var begun = TimeProvider.System.GetTimestamp();
        await head.Jobs.CancelAsync(job.Id, default);
        await FineTuneTests.UntilSaidAsync(head, job.Id, "Fine-tuning job cancelled");
        // A batch of 60 answers would take two minutes.
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun).TotalSeconds, 0, 40);
    }

    [Fact]
    public async Task An_owner_whose_grader_gives_all_answers_the_same_is_told_what_to_change()
    {
        await using var head = await StartAsync();
        var same = JsonSerializer.SerializeToElement(new { type = "string_check", name = "same", operation = "eq", input = "{{item.letter}}", reference = "e" });
        var job = await RunAsync(head, same);
        Assert.Contains(await head.MessagesAsync(job.Id), message => message ==
            "Step 1: 100 % of the groups have no variance: all answers to a prompt got the same reward, and nothing is learned from them. Take prompts that the model answers right only sometimes, "
            + "a grader that gives part of the reward, a larger group_size (now 20), or a higher temperature");
        var varied = await RunAsync(head, MethodData.Letter);
        Assert.DoesNotContain(await head.MessagesAsync(varied.Id), message => message.Contains("have no variance", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A grader that takes its whole time limit over every answer.</summary>
    private static JsonElement Slow(double seconds) => JsonSerializer.SerializeToElement(new
    {
        type = "format", name = "letter", pattern = "^(?=a)(a+)+$", input = new string('a', 40) + "!", time_limit_seconds = seconds,
    });

    /// <summary>Scores what <see cref="MethodData.Letter"/> computes, under the same name.</summary>
    private static JsonElement Judge(string model) => JsonSerializer.SerializeToElement(
        new { type = "score_model", name = "letter", model, input = new[] { new { role = "user", content = "{{sample.output_text}}" } }, sampling_params = new { max_completions_tokens = 8 } });

    /// <summary>Three steps of four prompts with twenty answers each.</summary>
    private static async Task<JobRecord> CreateAsync(
        PipelineHead head, JsonElement grader, Func<PolicyRequest, PolicyRequest>? policy = null, FileId? validation = null, JsonElement? form = null)
    {
        var asked = MethodData.Request(MethodType.Reinforcement);
        return await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Reinforcement, 12)), validation, request => request with
        {
            Method = asked with { Grader = grader, ResponseFormat = form, Policy = policy is null ? asked.Policy : policy(asked.Policy!) },
        });
    }

    private static async Task<JobRecord> RunAsync(
        PipelineHead head, JsonElement grader, Func<PolicyRequest, PolicyRequest>? policy = null, FileId? validation = null, JsonElement? form = null) =>
        await head.UntilAsync((await CreateAsync(head, grader, policy, validation, form)).Id, JobStatus.Succeeded);

    private static async Task<List<JsonElement>> LinesAsync(PipelineHead head, FileId id)
    {
        await using var content = await head.Get<FileStore>().OpenAsync(id, 0, default);
        using var reader = new StreamReader(content!, Encoding.UTF8);
        return [.. (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private async Task<PipelineHead> StartAsync(TeacherServer? server = null, JournalSettings? journal = null, int patience = 20) => await PipelineHead.StartAsync(
        await azurite.NewAccountAsync(), Path.Combine(_folder.Path, Guid.NewGuid().ToString("n")),
        new PipelineSettings { TeacherPatience = new RetrySchedule(patience, TimeSpan.FromSeconds(0.2), 1, TimeSpan.FromSeconds(0.2)), AllowedNetworks = AllowedNetworks.Parse(["127.0.0.1"]), Teachers = server is null ? [] : [server.Endpoint] }, journal);
}
