using System.Text;
using System.Text.Json;
using Serverless.Learning;
using Serverless.Learning.Text;
using Serverless.Local.Journal;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Network;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Service.Pipeline.FineTuning.Teaching;
using Serverless.Service.Storage;
using Serverless.Tests;
using Serverless.Tests.Shared;

namespace Serverless.Local.Tests.Pipeline;

/// <summary>Students that learn the answers of a teacher, a model here or a server elsewhere, on the journal and a real Azurite.</summary>
public sealed class DistillationTests(AzuriteFixture azurite) : IDisposable
{
    private static readonly JsonElement Right = JsonSerializer.SerializeToElement(new
    {
        type = "string_check", name = "right", operation = "eq", input = "{{sample.output_text}}", reference = "{{item.messages[-1].content}}",
    });

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_tuned_model_teaches_what_it_answers_rightly_in_chunks_of_any_size_to_the_same_bytes()
    {
        var account = await azurite.NewAccountAsync();
        var ends = new HashSet<string>();
        ModelId? teacher = null;
        foreach (var journal in ((JournalSettings?[])[null, new JournalSettings { ActivityBudget = TimeSpan.FromMilliseconds(1) }]))
        {
            await using var head = await PipelineHead.StartAsync(account, NewFolder(), Settings(null), journal);
            var file = await head.UploadAsync(TinyModel.Dataset(36));
            teacher ??= await TunedAsync(head, file);
            var student = await head.CreateAsync(file, file, Distilled(teacher.Value.Value, samples: 3, grader: Right));
            student = await head.UntilAsync(student.Id, JobStatus.Succeeded);

            Assert.Equal($"ft:tiny:local::{student.Id.Value[^8..]}", student.FineTunedModel!.Value.Value);
            Assert.Equal(["step_metrics.csv", TaughtFiles.FileName], (await ResultsAsync(head, student)).Select(result => result.Name));
            var lines = await LinesAsync(head, student);
            Assert.InRange(lines.Count, 10, 108);
            Assert.Equal(lines.Count, (await head.Get<JobPlans>().FindAsync(student.StageId(), default))!.Examples);
            // Distinct answers that the grader passed: one for each prompt at most.
            Assert.All(lines, line => Assert.Contains(line.GetProperty("messages")[2].GetProperty("content").GetString(), (string[])["billing", "shipping", "account"]));
            Assert.Equal(lines.Count, lines.Select(line => line.GetProperty("messages")[1].GetProperty("content").GetString()).Distinct().Count());
            var evaluation = await head.Get<JobEvaluations>().FindAsync(student.Id, default);
            Assert.True(evaluation!.Tuned.Scores.Loss < evaluation.Base.Scores.Loss);
            Assert.Contains(evaluation.Comparisons, comparison => comparison.Metric == "right");
            ends.Add(await head.WeightsAsync(student) + (await ResultsAsync(head, student))[1].Sha256);
        }
        Assert.Single(ends);
    }

    [Fact]
    public async Task A_server_elsewhere_teaches_and_its_answers_are_kept_as_a_file_with_what_became_of_the_others()
    {
        await using var server = await TeacherServer.StartAsync((_, body) => Task.FromResult(Number(body) switch
        {
            0 => TeacherServer.Says("", "stop"),
            1 => TeacherServer.Says("a long st", "length"),
            2 => TeacherServer.Says("wrong"),
            3 => TeacherServer.Says(string.Concat(Enumerable.Repeat("see ", 200))),
            4 => (400, """{"error": {"message": "this prompt is not for me"}}"""),
            _ => TeacherServer.Says("see you", thinking: "what to say?"),
        }));
        await using var head = await StartAsync(server);
        var job = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Distillation, 20)), with: Distilled("far", samples: 2, grader: MethodData.Letter));
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);

        var lines = await LinesAsync(head, job);
        Assert.Equal(15, lines.Count);
        Assert.Equal(
            """{"messages":[{"role":"user","content":"Ticket 5"},{"role":"assistant","content":"<think>\nwhat to say?\n</think>\n\nsee you"}]}""", lines[0].GetRawText());
        var messages = await head.MessagesAsync(job.Id);
        Assert.Contains("The teacher 'far' answers 20 prompts, 2 times each", messages);
        Assert.Contains(
            "15 of 40 answers can be learned from; 1 not passed by the grader, 2 cut off at max_completion_tokens, 17 the same as another answer to their prompt, "
            + $"1 longer than max_sequence_length, 4 not given (the first fault: the teacher far ({server.Endpoint.BaseUrl}) answered 400: this prompt is not for me); see distilled.jsonl",
            messages);
        Assert.Equal(40, server.Requests.Count);
        Assert.All(server.Requests, request => Assert.Equal(("Bearer secret", "big-model"), (request.Key, request.Body.GetProperty("model").GetString())));
        Assert.Equal(40, server.Requests.Select(request => request.Body.GetProperty("seed").GetInt64()).Distinct().Count());
        Assert.All(server.Requests, request => Assert.Equal(1, request.Body.GetProperty("temperature").GetDouble()));
    }

    [Fact]
    public async Task A_head_that_ends_while_the_teacher_answers_asks_for_no_stored_answer_again()
    {
        var hold = new TaskCompletionSource<(int, string)>();
        var isHeld = true;
        await using var server = await TeacherServer.StartAsync((number, body) =>
            isHeld && number > 70 ? hold.Task : Task.FromResult(TeacherServer.Says($"answer {Number(body)} {body.GetProperty("seed").GetInt64() % 4}")));
        var account = await azurite.NewAccountAsync();
        JobRecord job;
        await using (var head = await PipelineHead.StartAsync(account, NewFolder(), Settings(server)))
        {
            job = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Distillation, 40)), with: Distilled("far", samples: 4));
            for (var look = 0; look < 2400 && server.Asked.Count <= 70; look++)
                await Task.Delay(25, TestContext.Current.CancellationToken);
        }
        // Blocks of 4 prompts: four are stored, and a few answers of the fifth are lost with the head.
        isHeld = false;
        Assert.InRange(server.Asked.Count, 71, 80);
        await using var next = await PipelineHead.StartAsync(account, NewFolder(), Settings(server));
        job = await next.UntilAsync(job.Id, JobStatus.Succeeded);
        var asked = server.Asked.CountBy(prompt => prompt).ToDictionary();
        for (var prompt = 0; prompt < 40; prompt++)
        {
            if (prompt is >= 16 and < 20)
                Assert.InRange(asked[$"Ticket {prompt}"], 4, 8);
            else
                Assert.Equal(4, asked[$"Ticket {prompt}"]);
        }
        Assert.Equal(160, (await LinesAsync(next, job)).Count);
    }

    [Fact]
    public async Task A_teacher_that_is_away_for_a_moment_is_asked_again()
    {
        await using var server = await TeacherServer.StartAsync((number, _) => Task.FromResult(number == 3 ? (503, "<html>busy</html>") : TeacherServer.Says("yes")));
        await using var head = await StartAsync(server);
        var job = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Distillation, 12)), with: Distilled("far"));
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        Assert.Equal(12, (await LinesAsync(head, job)).Count);
        Assert.InRange(server.Asked.Count, 13, 24);
    }

    [Fact]
    public async Task A_teacher_that_stays_away_is_waited_for_with_an_event_and_then_named_as_what_the_job_failed_by()
    {
        // Of prompts one at a time, the first two are answered.
        await using var server = await TeacherServer.StartAsync((_, body) => Task.FromResult(Number(body) < 32 ? TeacherServer.Says($"see {Number(body)}") : (503, "busy")));
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, NewFolder(), Settings(server) with { TeacherPatience = Patience(3) });
        var job = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Distillation, 40)), with: Distilled("far"));
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(("teacher_unavailable", "method.distillation.teacher"), (job.Error!.Code, job.Error.Param));
        Assert.Matches(@"^method\.distillation\.teacher: the teacher far \(.*\) answered 503: busy; it was asked 3 times since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$", job.Error.Message);
        Assert.Equal(
            $"The job waits: the teacher far ({server.Endpoint.BaseUrl}) answered 503: busy. It is asked again, up to 3 times in all",
            Assert.Single(await head.MessagesAsync(job.Id), message => message.StartsWith("The job waits", StringComparison.Ordinal)));
        Assert.Equal(32, server.Asked.Distinct().Count(prompt => int.Parse(prompt["Ticket ".Length..], null) < 32));
        Assert.All(server.Asked.CountBy(prompt => prompt).Where(asked => int.Parse(asked.Key["Ticket ".Length..], null) < 32), asked => Assert.Equal(1, asked.Value));
        Assert.DoesNotContain(await BlobsAsync(account, $"{job.Id}/"), IsKeptForTeacher);
    }

    [Fact]
    public async Task A_judge_that_is_away_while_answers_are_judged_has_no_answer_asked_for_again()
    {
        await using var server = await TeacherServer.StartAsync((_, body) => Task.FromResult(TeacherServer.Says($"see {Number(body)}")));
        await using var judge = await TeacherServer.StartAsync((number, _) => Task.FromResult(number is 3 or 4 ? (503, "busy") : TeacherServer.Says("1")));
        var account = await azurite.NewAccountAsync();
        await using var head = await PipelineHead.StartAsync(account, NewFolder(), Settings(server) with
        {
            Teachers = [server.Endpoint, judge.Endpoint with { Name = "judge" }], TeacherPatience = Patience(5),
        });
        var grader = JsonSerializer.SerializeToElement(new { type = "score_model", name = "judged", model = "judge", input = new[] { new { role = "user", content = "{{sample.output_text}}" } } });
        var job = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Distillation, 12)), with: Distilled("far", grader: grader));
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        Assert.Equal(12, (await LinesAsync(head, job)).Count);
        Assert.Equal(12, server.Asked.Count);
        Assert.Single(await head.MessagesAsync(job.Id), message => message.StartsWith("The job waits: method.distillation.grader: the model 'judge' does not answer", StringComparison.Ordinal));
        Assert.DoesNotContain(await BlobsAsync(account, $"{job.Id}/"), IsKeptForTeacher);
    }

    [Fact]
    public async Task A_job_is_cancelled_while_the_answers_of_its_teacher_are_judged()
    {
        await using var server = await TeacherServer.StartAsync((_, body) => Task.FromResult(TeacherServer.Says($"see {Number(body)}")));
        await using var head = await StartAsync(server);
        var slow = JsonSerializer.SerializeToElement(new { type = "format", name = "slow", pattern = "^(?=a)(a+)+$", input = new string('a', 40) + "!", time_limit_seconds = 4 });
        var job = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Distillation, 16)), with: Distilled("far", grader: slow));
        for (var look = 0; look < 2400 && server.Asked.Count < 16; look++)
            await Task.Delay(25, TestContext.Current.CancellationToken);
        var begun = TimeProvider.System.GetTimestamp();
        await head.Jobs.CancelAsync(job.Id, default);
        await FineTuneTests.UntilSaidAsync(head, job.Id, "Fine-tuning job cancelled");
        // A block of 16 answers would take more than a minute.
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun).TotalSeconds, 0, 30);
    }

    [Fact]
    public async Task A_teacher_that_refuses_or_leaves_nothing_to_learn_fails_the_job_with_what_it_said()
    {
        foreach (var (status, content, code, message) in new[]
        {
            (401, """{"error": {"message": "Incorrect API key provided"}}""", "teacher_refused", "the teacher far ({0}) answered 401: Incorrect API key provided"),
            (400, """{"error": "no such parameter"}""", "teacher_refused",
                "The teacher 'far' answered none of the first 12 times: the teacher far ({0}) answered 400: no such parameter"),
            (200, """{"choices": [{"message": {"content": "xxx"}, "finish_reason": "stop"}]}""", "too_few_answers",
                "The teacher 'far' left too little to learn: 0 of 12 answers can be learned from; 12 not passed by the grader; allowed: 10 or more"),
        })
        {
            await using var server = await TeacherServer.StartAsync((_, _) => Task.FromResult((status, content)));
            await using var head = await StartAsync(server);
            var job = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Distillation, 12)), with: Distilled("far", grader: MethodData.Letter));
            job = await head.UntilAsync(job.Id, JobStatus.Failed);
            Assert.Equal((code, string.Format(null, message, server.Endpoint.BaseUrl)), (job.Error!.Code, job.Error.Message));
            Assert.Empty(job.ResultFiles);
        }
    }

    [Theory]
    [InlineData(429, """{"error": {"message": "Rate limit reached"}}""", "answered 429: Rate limit reached")]
    [InlineData(500, "", "answered 500: nothing")]
    [InlineData(200, """{"choices": []}""", "answered with something else than a chat completion: {\"choices\": []}")]
    [InlineData(200, "<html>hello</html>", "answered with something else than a chat completion: <html>hello</html>")]
    public async Task What_may_pass_is_thrown_for_the_durable_engine_to_try_again(int status, string content, string message)
    {
        await using var server = await TeacherServer.StartAsync((_, _) => Task.FromResult((status, content)));
        await using var head = await StartAsync(server);
        var away = await Assert.ThrowsAsync<TeacherAwayException>(() => AskAsync(head));
        Assert.Equal($"the teacher far ({server.Endpoint.BaseUrl}) {message}", away.Message);
        await server.DisposeAsync();
        Assert.StartsWith($"the teacher far ({server.Endpoint.BaseUrl}) cannot be reached: ", (await Assert.ThrowsAsync<TeacherAwayException>(() => AskAsync(head))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_that_holds_nothing_to_answer_fails_before_the_job_starts()
    {
        await using var head = await StartAsync();
        var job = await head.CreateAsync(await head.UploadAsync(TinyModel.Dataset(11) + """{"messages": [{"role": "assistant", "content": "hi"}]}""" + "\n"), with: Distilled("tiny"));
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(
            ("invalid_training_file", "training_file, line 12, messages: found nothing before the assistant's message; allowed: a message that the teacher answers", (DateTimeOffset?)null),
            (job.Error!.Code, job.Error.Message, job.StartedAt));
    }

    [Fact]
    public async Task A_grader_that_never_comes_to_an_end_fails_the_job_after_a_few_answers()
    {
        await using var server = await TeacherServer.StartAsync((_, body) => Task.FromResult(TeacherServer.Says($"see {Number(body)}")));
        await using var head = await StartAsync(server);
        var endless = JsonSerializer.SerializeToElement(new { type = "format", name = "endless", pattern = "^(?=a)(a+)+$", input = new string('a', 40) + "!", time_limit_seconds = 0.05 });
        var job = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Distillation, 64)), with: Distilled("far", grader: endless));
        job = await head.UntilAsync(job.Id, JobStatus.Failed);
        Assert.Equal(("grader_timed_out", "method.distillation.grader"), (job.Error!.Code, job.Error.Param));
        Assert.StartsWith(
            "method.distillation.grader: found no reward in time for 8 answers in a row; endless.pattern: found no end after 0.05 s; allowed: ", job.Error.Message, StringComparison.Ordinal);
        Assert.Equal(16, server.Asked.Count);
    }

    [Fact]
    public async Task A_judge_is_asked_about_the_answers_of_a_block_together()
    {
        var (inFlight, most) = (0, 0);
        await using var server = await TeacherServer.StartAsync((_, body) => Task.FromResult(TeacherServer.Says($"see {Number(body)}")));
        await using var judge = await TeacherServer.StartAsync(async (_, _) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref inFlight));
            await Task.Delay(300, TestContext.Current.CancellationToken);
            Interlocked.Decrement(ref inFlight);
            return TeacherServer.Says("1");
        });
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), NewFolder(), Settings(server) with { Teachers = [server.Endpoint, judge.Endpoint with { Name = "judge" }] });
        var grader = JsonSerializer.SerializeToElement(new { type = "score_model", name = "judged", model = "judge", input = new[] { new { role = "user", content = "{{sample.output_text}}" } } });
        var job = await head.CreateAsync(await head.UploadAsync(MethodData.Of(MethodType.Distillation, 16)), with: Distilled("far", grader: grader));
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        Assert.Equal(16, (await LinesAsync(head, job)).Count);
        Assert.InRange(most, 2, 16);

        static void InterlockedMax(ref int place, int value)
        {
            for (var seen = place; value > seen; seen = place)
                Interlocked.CompareExchange(ref place, value, seen);
        }
    }

    [Fact]
    public async Task A_server_elsewhere_is_offered_the_tools_and_the_calls_that_pass_are_learned()
    {
        await using var server = await TeacherServer.StartAsync((number, _) => Task.FromResult((200, JsonSerializer.Serialize(new
        {
            choices = new[]
            {
                new
                {
                    message = new { role = "assistant", content = (string?)null, tool_calls = new[] { new { id = $"c{number}", type = "function", function = new { name = number % 4 == 0 ? "close" : "route", arguments = """{"to":"billing"}""" } } } },
                    finish_reason = "tool_calls",
                },
            },
        }))));
        await using var head = await StartAsync(server);
        await head.Get<ModelStore>().SeedBaseAsync("calling", TinyModel.WriteCalling(Path.Combine(_folder.Path, "calling")), default);
        var job = await head.CreateAsync(await head.UploadAsync(MethodData.Calls(16, answered: false)), with: request => Distilled("far", grader: MethodData.Routes)(request) with { Model = new ModelId("calling") });
        job = await head.UntilAsync(job.Id, JobStatus.Succeeded);
        var lines = await LinesAsync(head, job);
        Assert.Equal(12, lines.Count);
        Assert.All(lines, line => Assert.Equal(
            """[{"id":"call00000","type":"function","function":{"name":"route","arguments":"{\"to\":\"billing\"}"}}]""", line.GetProperty("messages")[1].GetProperty("tool_calls").GetRawText()));
        Assert.All(lines, line => Assert.Equal(JsonValueKind.Null, line.GetProperty("messages")[1].GetProperty("content").ValueKind));
        Assert.All(lines, line => Assert.Equal("route", line.GetProperty("tools")[0].GetProperty("function").GetProperty("name").GetString()));
        Assert.All(server.Requests, request => Assert.Equal("route", request.Body.GetProperty("tools")[0].GetProperty("function").GetProperty("name").GetString()));
    }

    public void Dispose() => _folder.Dispose();

    private static Func<JobRequest, JobRequest> Distilled(string teacher, int samples = 1, JsonElement? grader = null) => request => request with
    {
        Method = new JobMethod
        {
            Type = MethodType.Distillation,
            Hyperparameters = new Hyperparameters { Epochs = 2, BatchSize = 4, LearningRate = 2e-3 },
            Distillation = new DistillationRequest { Teacher = teacher, Samples = samples, MaxAnswerTokens = 12 },
            Grader = grader,
        },
    };

    /// <summary>The number of the ticket that is asked about.</summary>
    private static int Number(JsonElement body) =>
        int.Parse(body.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString()!["Ticket ".Length..], null);

    [Fact]
    public async Task A_teacher_within_the_network_is_not_asked_unless_the_settings_allow_it()
    {
        await using var server = await TeacherServer.StartAsync((_, _) => throw new InvalidOperationException("asked"));
        await using var head = await PipelineHead.StartAsync(await azurite.NewAccountAsync(), NewFolder(), Settings(server) with { AllowedNetworks = AllowedNetworks.None });

        var refused = await Assert.ThrowsAsync<InputError>(() => AskAsync(head));

        Assert.Equal(
            $"the teacher {server.Endpoint} is not called: found 127.0.0.1, a loopback address; allowed: public addresses, and those that the setting AllowedNetworks names", refused.Message);
    }

    /// <summary>A model that knows the file by heart, more or less.</summary>
    private static async Task<ModelId> TunedAsync(PipelineHead head, FileId file)
    {
        var job = await head.CreateAsync(file, with: request => request with
        {
            Method = new JobMethod { Hyperparameters = new Hyperparameters { Epochs = 12, BatchSize = 4, LearningRate = 1e-2 } },
        });
        return (await head.UntilAsync(job.Id, JobStatus.Succeeded)).FineTunedModel!.Value;
    }

    private static async Task AskAsync(PipelineHead head)
    {
        var teacher = await head.Get<Teachers>().FindAsync("far", default);
        var prompt = new TeacherPrompt(0, 1, [new ChatMessage { Role = "user", Content = "hello" }], null);
        await teacher.AnswerAsync([prompt], new TeacherSampling(1, 0, 1, 8, 1), default);
    }

    private static async Task<List<FileRecord>> ResultsAsync(PipelineHead head, JobRecord job)
    {
        var results = new List<FileRecord>();
        foreach (var id in job.ResultFiles)
            results.Add((await head.Get<FileCatalog>().FindAsync(id, default))!);
        Assert.All(results, result => Assert.Equal("fine-tune-results", result.Purpose));
        return results;
    }

    private static async Task<List<JsonElement>> LinesAsync(PipelineHead head, JobRecord job)
    {
        await using var content = await head.Get<FileStore>().OpenAsync(TaughtFiles.IdOf(job), 0, default);
        using var reader = new StreamReader(content!, Encoding.UTF8);
        return [.. (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static PipelineSettings Settings(TeacherServer? server) => new() { AllowedNetworks = AllowedNetworks.Parse(["127.0.0.1"]), Teachers = server is null ? [] : [server.Endpoint] };

    private static RetrySchedule Patience(int attempts) => new(attempts, TimeSpan.FromSeconds(0.2), 1, TimeSpan.FromSeconds(0.2));

    /// <summary>What stands only until answers are judged, or the teacher is back.</summary>
    private static bool IsKeptForTeacher(string name) => name.Contains("/replies/", StringComparison.Ordinal) || name.EndsWith("/away.json", StringComparison.Ordinal);

    private static async Task<List<string>> BlobsAsync(BlobAccount account, string prefix)
    {
        var names = new List<string>();
        await foreach (var blob in account.Jobs.GetBlobsAsync(new Azure.Storage.Blobs.Models.GetBlobsOptions { Prefix = prefix }))
            names.Add(blob.Name);
        return names;
    }

    private string NewFolder() => Path.Combine(_folder.Path, Guid.NewGuid().ToString("n"));

    private async Task<PipelineHead> StartAsync(TeacherServer? server = null) =>
        await PipelineHead.StartAsync(await azurite.NewAccountAsync(), NewFolder(), Settings(server));
}
