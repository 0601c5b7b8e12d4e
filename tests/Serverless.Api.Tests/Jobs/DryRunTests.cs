using System.Net;
using System.Text.Json;
using Serverless.Learning.Native;
using Serverless.Service.Jobs;
using Serverless.Service.Pipeline;
using Serverless.Service.Pipeline.FineTuning;
using Serverless.Tests;
using Serverless.Tests.Shared;
using static Serverless.Api.Tests.Jobs.DryRunCalls;

namespace Serverless.Api.Tests.Jobs;

public sealed class DryRunTests
{
    private static readonly string Longest = $$"""{"messages":[{"role":"user","content":"{{string.Join(' ', Enumerable.Repeat("shipping", 60))}}"},{"role":"assistant","content":"billing"}]}""";
    private readonly AzuriteFixture _azurite;

    public DryRunTests(AzuriteFixture azurite)
    {
        _azurite = azurite;
        NativeRuntime.EnsureLoaded();
        NativeRuntime.SetThreads(1);
    }

    [Fact]
    public async Task A_dry_run_says_what_the_job_then_is()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var request = $$$"""
            {"model": "tiny", "training_file": "{{{await UploadAsync(server, TinyModel.Dataset(12))}}}", "validation_file": "{{{await UploadAsync(server, TinyModel.Dataset(10), "valid.jsonl")}}}",
             "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}, "adapter": {"rank": 4}} }
            """;

        var dry = await (await PostAsync(server, "?dry_run=true", request)).JsonAsync();
        await server.RunWorkflowsAsync();
        var id = (await (await PostAsync(server, "", request)).JsonAsync()).GetProperty("id").GetString()!;
        var job = await QueuedAsync(server, id);
        var plan = await server.Get<JobPlans>().FindAsync(new StageId(new JobId(id)), default);
        var events = await (await server.Http.GetAsync($"/v1/fine_tuning/jobs/{id}/events?limit=1000")).JsonAsync();

        Assert.Equal("fine_tuning.job.dry_run", dry.GetProperty("object").GetString());
        Assert.Equal(job.GetProperty("method").GetRawText(), dry.GetProperty("method").GetRawText());
        Assert.Equal(job.GetProperty("hyperparameters").GetRawText(), dry.GetProperty("hyperparameters").GetRawText());
        Assert.Equal(
            (plan!.Examples, plan.Tokens, plan.TotalTokens, plan.StepsPerEpoch, plan.TotalSteps, plan.EstimatedBytes),
            (Int("examples"), Int("tokens_per_epoch"), Int("total_tokens"), Int("steps_per_epoch"), Int("total_steps"), Int("peak_memory_bytes")));
        Assert.Equal((12, 2 * plan.Tokens, 3, 6), (Int("examples"), Int("total_tokens"), Int("steps_per_epoch"), Int("total_steps")));
        Assert.Equal(10, dry.GetProperty("validation_file").GetProperty("examples").GetInt32());
        Assert.False(dry.GetProperty("tokens_are_estimated").GetBoolean());
        Assert.Equal(Math.Round(plan.EstimatedTime.TotalSeconds, 1), dry.GetProperty("estimated_seconds").GetDouble());
        Assert.Equal(
            dry.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetProperty("message").GetString()).Order(),
            events.GetProperty("data").EnumerateArray().Where(one => one.GetProperty("level").GetString() == "warn")
                .Select(one => one.GetProperty("message").GetString()).Order());

        long Int(string name) => dry.GetProperty(name).GetInt64();
    }

    [Fact]
    public async Task A_dry_run_of_a_recipe_says_what_its_stages_are_and_adds_them_up()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var (first, second) = (await UploadAsync(server, TinyModel.Dataset(12)), await UploadAsync(server, TinyModel.Dataset(20), "second.jsonl"));
        var request = $$$"""
            {"model": "tiny", "training_file": "{{{first}}}", "method": {"type": "recipe", "adapter": {"rank": 4}, "recipe": {"stages": [
              {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2} } },
              {"type": "supervised", "supervised": {}, "training_file": "{{{second}}}", "adapter": {"type": "full"} }]} } }
            """;

        var dry = await (await PostAsync(server, "?dry_run=true", request)).JsonAsync();
        // The teacher's stage takes files of several formats, and intake has not looked which this is.
        var taught = await (await PostAsync(
            server, "?dry_run=true", request.Replace("\"type\": \"supervised\", \"supervised\": {},", "\"type\": \"distillation\", \"distillation\": {\"teacher\": \"previous\", \"n\": 3},", StringComparison.Ordinal))).JsonAsync();
        await server.RunWorkflowsAsync();
        var id = new JobId((await (await PostAsync(server, "", request)).JsonAsync()).GetProperty("id").GetString()!);
        var job = await QueuedAsync(server, id.Value);

        var stages = dry.GetProperty("stages").EnumerateArray().ToList();
        Assert.Equal([("supervised", 12), ("supervised", 20)], stages.Select(stage => (Text(stage, "type"), stage.GetProperty("examples").GetInt32())));
        Assert.Equal(6, stages[0].GetProperty("total_steps").GetInt32());
        foreach (var name in (string[])["examples", "total_tokens", "total_steps"])
            Assert.Equal(stages.Sum(stage => stage.GetProperty(name).GetInt64()), dry.GetProperty(name).GetInt64());
        Assert.Equal(stages.Max(stage => stage.GetProperty("peak_memory_bytes").GetInt64()), dry.GetProperty("peak_memory_bytes").GetInt64());
        Assert.False(dry.TryGetProperty("steps_per_epoch", out _));
        Assert.Equal(3 * 20, taught.GetProperty("stages")[1].GetProperty("examples").GetInt32());
        var (resolved, started) = (StagesOf(dry), StagesOf(job));
        Assert.Equal(["lora", "full"], resolved.Select(stage => Text(stage.GetProperty("adapter"), "type")));
        Assert.Equal([first, second], resolved.Select(stage => Text(stage, "training_file")));
        Assert.Equal(resolved.Select(stage => stage.GetProperty("supervised").GetRawText()), started.Select(stage => stage.GetProperty("supervised").GetRawText()));
        var plans = new[] { await server.Get<JobPlans>().FindAsync(new StageId(id, 0), default), await server.Get<JobPlans>().FindAsync(new StageId(id, 1), default) };
        Assert.Equal(dry.GetProperty("total_steps").GetInt32(), plans.Sum(plan => plan!.TotalSteps));
        Assert.Equal((0, 6), (plans[0]!.StepsBefore, plans[1]!.StepsBefore));

        static List<JsonElement> StagesOf(JsonElement whole) => [.. whole.GetProperty("method").GetProperty("recipe").GetProperty("stages").EnumerateArray()];
    }

    [Fact]
    public async Task Files_that_intake_has_not_looked_at_yet_are_read_as_what_they_hold()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var (chats, valid) = (await UploadAsync(server, "\n\n" + TinyModel.Dataset(12)), await UploadAsync(server, TinyModel.Dataset(10), "valid.jsonl"));

        var recipe = await (await PostAsync(server, "?dry_run=true", $$$"""
            {"model": "tiny", "training_file": "{{{chats}}}", "validation_file": "{{{valid}}}", "method": {"type": "recipe", "recipe": {"stages": [
              {"type": "supervised", "supervised": {}}, {"type": "supervised", "supervised": {}}]} } }
            """)).JsonAsync();
        var refused = await (await PostAsync(server, "?dry_run=true", $$$"""
            {"model": "tiny", "training_file": "{{{chats}}}", "method": {"type": "dpo", "dpo": {}} }
            """)).ErrorAsync();

        Assert.All(recipe.GetProperty("stages").EnumerateArray(), stage => Assert.Equal(10, stage.GetProperty("validation_file").GetProperty("examples").GetInt32()));
        Assert.Equal("training_file: found chat data in train.jsonl (line 3 has messages); allowed with method dpo: preference", Text(refused, "message"));
    }

    [Fact]
    public async Task General_text_is_counted_beside_the_data_and_changes_no_step()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var training = await UploadAsync(server, TinyModel.Dataset(40));
        var text = await UploadAsync(server, string.Concat(Enumerable.Range(0, 60).Select(number => $$"""{"text": "the parcel {{number}} has not arrived"}""" + "\n")), "text.jsonl");
        string Body(string replay) => $$$"""{"model": "tiny", "training_file": "{{{training}}}", "method": {"type": "supervised", "supervised": {"hyperparameters": {"batch_size": 4} }{{{replay}}}} }""";

        var without = await (await PostAsync(server, "?dry_run=true", Body(""))).JsonAsync();
        var with = await (await PostAsync(server, "?dry_run=true", Body($$$""", "replay": {"file": "{{{text}}}", "share": 0.4}"""))).JsonAsync();

        var steps = without.GetProperty("total_steps").GetInt32();
        Assert.Equal(steps, with.GetProperty("total_steps").GetInt32());
        // Two rows of 128 tokens a step.
        Assert.Equal(without.GetProperty("total_tokens").GetInt64() + (256 * steps), with.GetProperty("total_tokens").GetInt64());
        Assert.Equal(text, Text(with.GetProperty("method").GetProperty("replay"), "file"));
        var few = await UploadAsync(server, string.Concat(Enumerable.Range(10, 10).Select(number => $$"""{"text": "parcel {{number}}"}""" + "\n")), "few.jsonl");
        foreach (var (file, message) in new[] { ("file-none", "invalid method.replay.file: file-none"), (few, "") })
        {
            var answer = await PostAsync(server, "?dry_run=true", Body($$$""", "replay": {"file": "{{{file}}}"}"""));
            var error = await answer.ErrorAsync();
            Assert.Equal((HttpStatusCode.BadRequest, "method.replay.file"), (answer.StatusCode, Text(error, "param")));
            Assert.Matches(message.Length > 0 ? $"^{message}$" : "^method.replay.file: found [0-9]+ tokens; allowed: 257 or more$", Text(error, "message"));
        }
    }

    [Fact]
    public async Task A_fault_of_a_stage_is_refused_with_its_place()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var chats = await UploadAsync(server, TinyModel.Dataset(12));
        var answer = await PostAsync(server, "?dry_run=true", $$$"""
            {"model": "tiny", "training_file": "{{{chats}}}", "method": {"type": "recipe", "recipe": {"stages": [{"type": "supervised", "supervised": {}},
              {"type": "supervised", "supervised": {}, "training_file": "{{{await UploadAsync(server, TinyModel.Dataset(12) + Longest + "\n", "overlong.jsonl")}}}"}]} } }
            """);
        var error = await answer.ErrorAsync();
        Assert.Equal(
            (HttpStatusCode.BadRequest, "method.recipe.stages[1].training_file: overlong.jsonl line 13: found 323 tokens; allowed: 128", "invalid_training_file", "method.recipe.stages[1].training_file"),
            (answer.StatusCode, Text(error, "message"), Text(error, "code"), Text(error, "param")));
    }

    [Fact]
    public async Task Warnings_name_few_examples_repeated_lines_and_lines_that_both_files_hold()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var lines = TinyModel.Dataset(12);
        var training = await UploadAsync(server, lines + lines.Split('\n')[4] + "\n");
        var validation = await UploadAsync(server, TinyModel.Dataset(24)[TinyModel.Dataset(10).Length..], "valid.jsonl");

        var dry = await (await PostAsync(
            server, "?dry_run=true", $$"""{"model": "tiny", "training_file": "{{training}}", "validation_file": "{{validation}}", "budget": 0.0000000001}""")).JsonAsync();

        var warnings = dry.GetProperty("warnings").EnumerateArray().ToArray();
        Assert.Equal(
            [
                ("data", "train.jsonl: 1 line is the same as an earlier one; line 5 is repeated", "training_file"),
                ("few_examples", "train.jsonl: found 13 examples; clear improvements usually need 50 or more", "training_file"),
                ("shared_examples", "valid.jsonl line 1: the same as a line of train.jsonl (2 lines are like this); scores on the validation file would be too good", "validation_file"),
            ],
            warnings[..3].Select(one => (Text(one, "code"), Text(one, "message"), Text(one, "param"))));
        Assert.Equal(("budget", "budget"), (Text(warnings[3], "code"), Text(warnings[3], "param")));
        Assert.Matches("^Training is expected to cost .* USD, more than the budget of .*: the job would pause itself on the way$", Text(warnings[3], "message"));
    }

    [Fact]
    public async Task What_is_cut_off_and_what_changes_nothing_is_warned_of()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var chats = await UploadAsync(server, TinyModel.Dataset(60) + Longest + "\n");
        var prompts = await UploadAsync(server, string.Concat(Enumerable.Range(0, 60).Select(number => $$"""{"messages": [{"role": "user", "content": "Ticket {{number}}"}]}""" + "\n")), "prompts.jsonl");

        var cut = await (await PostAsync(server, "?dry_run=true", $$$"""
            {"model": "tiny", "training_file": "{{{chats}}}", "method": {"type": "supervised", "supervised": {"hyperparameters": {"truncate": "end"} } } }
            """)).JsonAsync();
        var effort = await (await PostAsync(server, "?dry_run=true", $$$"""
            {"model": "tiny", "training_file": "{{{prompts}}}", "method": {"type": "recipe", "recipe": {"stages": [{"type": "reinforcement", "reinforcement": {
              "grader": {"type": "format", "name": "f", "pattern": "a"}, "hyperparameters": {"reasoning_effort": "high"} } }]} } }
            """)).JsonAsync();

        var warning = Assert.Single(cut.GetProperty("warnings").EnumerateArray(), one => Text(one, "code") == "truncated_examples");
        Assert.Matches(@"^train\.jsonl line 61: cut off at max_sequence_length, as truncate asks for \(1 of 61 examples like this, \d+ tokens in all\)$", Text(warning, "message"));
        Assert.Equal("training_file", Text(warning, "param"));
        Assert.Equal("end", Text(cut.GetProperty("hyperparameters"), "truncate"));
        warning = Assert.Single(effort.GetProperty("warnings").EnumerateArray(), one => Text(one, "code") == "ignored_field");
        Assert.StartsWith("reasoning_effort: found 'high', which changes nothing: ", Text(warning, "message"), StringComparison.Ordinal);
        Assert.Equal("method.recipe.stages[0].reinforcement.hyperparameters.reasoning_effort", Text(warning, "param"));
    }

    [Fact]
    public async Task How_a_teachers_answers_are_drawn_is_shown_resolved_as_the_job_then_shows_it()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var prompts = await UploadAsync(server, string.Concat(Enumerable.Range(0, 12).Select(number => $$"""{"messages": [{"role": "user", "content": "Ticket {{number}}"}]}""" + "\n")));
        string Body(string more) => $$$"""{"model": "tiny", "training_file": "{{{prompts}}}", "method": {"type": "distillation", "distillation": {"teacher": "tiny"{{{more}}}}} }""";

        var (greedy, drawn) = (await ShownAsync(""), await ShownAsync(", \"n\": 3, \"top_p\": 0.9, \"max_completion_tokens\": 7"));
        await server.RunWorkflowsAsync();
        var job = await QueuedAsync(server, (await (await PostAsync(server, "", Body(""))).JsonAsync()).GetProperty("id").GetString()!);

        Assert.Equal((0.0, 1.0), (greedy.GetProperty("temperature").GetDouble(), greedy.GetProperty("top_p").GetDouble()));
        Assert.InRange(greedy.GetProperty("max_completion_tokens").GetInt32(), 16, 128);
        Assert.Equal((1.0, 0.9, 7), (drawn.GetProperty("temperature").GetDouble(), drawn.GetProperty("top_p").GetDouble(), drawn.GetProperty("max_completion_tokens").GetInt32()));
        var shown = job.GetProperty("method").GetProperty("distillation");
        Assert.All((string[])["temperature", "top_p", "max_completion_tokens"], name => Assert.Equal(greedy.GetProperty(name).GetRawText(), shown.GetProperty(name).GetRawText()));

        async Task<JsonElement> ShownAsync(string more) => (await (await PostAsync(server, "?dry_run=true", Body(more))).JsonAsync()).GetProperty("method").GetProperty("distillation");
    }

    [Fact]
    public async Task The_cost_is_seconds_times_memory_times_price_and_says_so()
    {
        await using var server = await ApiServer.StartWithModelAsync(
            _azurite, pipeline: settings => settings with { Prices = new PriceTable { Currency = "EUR", PerGbSecond = 0.5, InstanceMemoryMB = 2048 } });

        var dry = await (await PostAsync(
            server, "?dry_run=true", $$"""{"model": "tiny", "training_file": "{{await UploadAsync(server, TinyModel.Dataset(500))}}", "hyperparameters": {"n_epochs": 50} }""")).JsonAsync();

        var (seconds, cost) = (dry.GetProperty("estimated_seconds").GetDouble(), dry.GetProperty("cost"));
        Assert.InRange(seconds, 0.1, 1000);
        Assert.Equal(["amount", "currency", "seconds", "memory_gb", "price_per_gb_second", "computed"], cost.EnumerateObject().Select(field => field.Name));
        Assert.Equal(Math.Round(seconds * 2 * 0.5, 6), cost.GetProperty("amount").GetDouble());
        Assert.Equal(FormattableString.Invariant($"{seconds:0.#} s × 2 GB × 0.5 EUR per GB-second"), Text(cost, "computed"));
    }

    [Fact]
    public async Task A_dry_run_writes_nothing()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var body = $$"""{"model": "tiny", "training_file": "{{await UploadAsync(server, TinyModel.Dataset(12))}}"}""";
        var before = await BlobsAsync(server);

        var answer = await PostAsync(server, "?dry_run=true", body);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(before, await BlobsAsync(server));
    }

    [Fact]
    public async Task A_file_too_long_to_be_counted_in_the_time_there_is_is_estimated()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite, pipeline: settings => settings with { DryRunTime = TimeSpan.FromTicks(4) });

        var dry = await (await PostAsync(
            server, "?dry_run=true", $$"""{"model": "tiny", "training_file": "{{await UploadAsync(server, TinyModel.Dataset(90))}}"}""")).JsonAsync();

        Assert.True(dry.GetProperty("tokens_are_estimated").GetBoolean());
        Assert.InRange(dry.GetProperty("examples").GetInt32(), 80, 100);
    }

    [Fact]
    public async Task What_would_fail_the_job_is_refused_with_its_message()
    {
        await using var server = await ApiServer.StartWithModelAsync(_azurite);
        var good = await UploadAsync(server, TinyModel.Dataset(12));
        var faulty = await UploadAsync(server, TinyModel.Dataset(12) + "{\"messages\": []}\n", "faulty.jsonl");
        var overlong = await UploadAsync(server, TinyModel.Dataset(12) + Longest + "\n", "overlong.jsonl");

        await AssertRefusedAsync($$"""{"model": "nobody", "training_file": "{{good}}"}""", "The model 'nobody' does not exist or is not available for fine-tuning", "model_not_available", "model");
        await AssertRefusedAsync("""{"model": "tiny", "training_file": "file-none"}""", "invalid training_file: file-none", null, "training_file");
        await AssertRefusedAsync($$"""{"model": "tiny", "training_file": "{{good}}", "seed": -1}""", "Invalid 'seed': integer below minimum value. Expected a value >= 0, but got -1 instead.", "integer_below_min_value", "seed");
        await AssertRefusedAsync($$"""{"model": "tiny", "training_file": "{{faulty}}"}""", "faulty.jsonl line 13, messages: found an empty array; allowed: at least one message", "invalid_training_file", "training_file");
        await AssertRefusedAsync($$"""{"model": "tiny", "training_file": "{{good}}", "validation_file": "{{overlong}}"}""", "overlong.jsonl line 13: found 323 tokens; allowed: 128", "invalid_validation_file", "validation_file");
        await AssertRefusedAsync($$"""{"model": "tiny", "training_file": "{{good}}", "budget": 0}""", "Invalid value for 'budget': expected a number above 0, but got 0 instead.", "invalid_value", "budget");
        Assert.Empty((await server.Get<JobCatalog>().ListAsync(null, 10, null, default)).Items);

        async Task AssertRefusedAsync(string body, string message, string? code, string parameter)
        {
            var answer = await PostAsync(server, "?dry_run=true", body);
            var error = await answer.ErrorAsync();
            Assert.Equal((HttpStatusCode.BadRequest, message, code, parameter), (answer.StatusCode, Text(error, "message"), Text(error, "code"), Text(error, "param")));
        }
    }

    [Fact]
    public async Task A_word_that_is_neither_true_nor_false_is_refused()
    {
        await using var server = await ApiServer.StartAsync(_azurite);

        var answer = await PostAsync(server, "?dry_run=maybe", "{}");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("Invalid value: 'maybe'. Supported values are: 'true' and 'false'.", Text(await answer.ErrorAsync(), "message"));
    }
}
