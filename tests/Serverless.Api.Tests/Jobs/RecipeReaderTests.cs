using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Api.Jobs;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Learning.Adapters;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Tests.Jobs;

public sealed class RecipeReaderTests
{
    private const string Grader = """{"type": "string_check", "name": "right", "operation": "eq", "input": "{{sample.output_text}}", "reference": "{{item.answer}}"}""";
    private const string Supervised = """{"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}}""";

    [Fact]
    public void A_stage_is_a_method_with_what_it_does_not_have_from_the_job()
    {
        var request = Read("\"adapter\": {\"type\": \"qlora\", \"rank\": 8}, ", Supervised, "{\"type\": \"reinforcement\", \"reinforcement\": {\"grader\": " + Grader + ", \"hyperparameters\": {\"group_size\": 4}}, "
            + "\"training_file\": \"file-2\", \"validation_file\": \"file-3\", \"adapter\": {\"type\": \"full\"}}", """{"type": "distillation", "distillation": {"teacher": "previous", "n": 4}}""");

        Assert.Equal(MethodType.Recipe, request.Method.Type);
        Assert.Equal([MethodType.Supervised, MethodType.Reinforcement, MethodType.Distillation], request.Stages.Select(stage => stage.Method.Type));
        Assert.Equal([null, new FileId("file-2"), null], request.Stages.Select(stage => stage.TrainingFile));
        Assert.Equal([null, new FileId("file-3"), null], request.Stages.Select(stage => stage.ValidationFile));
        Assert.Equal([AdapterKind.Qlora, AdapterKind.Full, AdapterKind.Qlora], request.Stages.Select(stage => stage.Adapter.Type));
        Assert.Equal((3, 4), (request.Stages[0].Method.Hyperparameters.Epochs, request.Stages[1].Method.Policy!.GroupSize));
        Assert.Equal(DistillationRequest.Previous, request.Stages[2].Method.Distillation!.Teacher);
    }

    [Fact]
    public void A_stage_that_is_taught_by_the_one_before_may_name_another_student()
    {
        var request = Read("", Supervised, """{"type": "distillation", "distillation": {"teacher": "previous"}, "model": "small"}""");
        Assert.Equal([null, new ModelId("small")], request.Stages.Select(stage => stage.Model));
    }

    [Fact]
    public void A_recipe_whose_stages_all_name_a_file_needs_none_itself()
    {
        using var named = JsonDocument.Parse("""{"model": "m", "method": {"type": "recipe", "recipe": {"stages": [{"type": "dpo", "training_file": "file-2"}]}}}""");
        Assert.Equal(new FileId("file-2"), JobRequestReader.Read(named.RootElement).TrainingFile);
        using var unnamed = JsonDocument.Parse("""{"model": "m", "method": {"type": "recipe", "recipe": {"stages": [{"type": "dpo"}]}}}""");
        Assert.Equal("Missing required parameter: 'training_file'.", Assert.Throws<InputError>(() => JobRequestReader.Read(unnamed.RootElement)).Message);
    }

    [Theory]
    [InlineData("{}", "Missing required parameter: 'method.recipe.stages'.", "method.recipe.stages")]
    [InlineData("""{"stages": []}""", "Invalid 'method.recipe.stages': empty array. Expected an array with minimum length 1, but got an empty array instead.", "method.recipe.stages")]
    [InlineData("""{"stages": [1]}""", "Invalid type for 'method.recipe.stages[0]': expected an object, but got an integer instead.", "method.recipe.stages[0]")]
    [InlineData("""{"stages": [{"type": "dpo"}, {}]}""", "Missing required parameter: 'method.recipe.stages[1].type'.", "method.recipe.stages[1].type")]
    [InlineData("""{"stages": [{"type": "recipe", "recipe": {}}]}""",
        "Invalid value: 'recipe'. Supported values are: 'supervised', 'dpo', 'reinforcement', 'distillation', and 'pretraining'.", "method.recipe.stages[0].type")]
    [InlineData("""{"stages": [{"type": "dpo", "supervised": {}}]}""",
        "Unknown parameter: 'method.recipe.stages[0].supervised'. Known there are: 'type', 'dpo', 'adapter', 'replay', 'training_file', 'validation_file', and 'model'.", "method.recipe.stages[0].supervised")]
    [InlineData("""{"stages": [{"type": "dpo"}], "loops": 2}""", "Unknown parameter: 'method.recipe.loops'. Known there are: 'stages'.", "method.recipe.loops")]
    [InlineData("""{"stages": [{"type": "dpo"}, {"type": "reinforcement", "reinforcement": {}}]}""",
        "Missing required parameter: 'method.recipe.stages[1].reinforcement.grader'.", "method.recipe.stages[1].reinforcement.grader")]
    [InlineData("""{"stages": [{"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 0}}}]}""",
        "Invalid value for 'method.recipe.stages[0].dpo.hyperparameters.n_epochs': expected 'auto' or an integer from 1 to 50, but got 0 instead.", "method.recipe.stages[0].dpo.hyperparameters.n_epochs")]
    [InlineData("""{"stages": [{"type": "dpo"}, {"type": "dpo", "model": "small"}]}""",
        "'method.recipe.stages[1].model' names the student of a distillation whose teacher is 'previous', and every other stage goes on with the model of the stage before: leave it out.",
        "method.recipe.stages[1].model")]
    [InlineData("""{"stages": [{"type": "distillation", "distillation": {"teacher": "r1"}, "model": "small"}]}""",
        "'method.recipe.stages[0].model' names the student of a distillation whose teacher is 'previous', and every other stage goes on with the model of the stage before: leave it out.",
        "method.recipe.stages[0].model")]
    [InlineData("""{"stages": [{"type": "distillation", "distillation": {"teacher": "previous"}}]}""",
        "'method.recipe.stages[0].distillation.teacher' is 'previous', and no stage comes before this one: name a teacher.", "method.recipe.stages[0].distillation.teacher")]
    public void A_wrong_recipe_is_refused_with_stage_and_field(string recipe, string message, string parameter)
    {
        using var json = JsonDocument.Parse("{\"model\": \"m\", \"training_file\": \"file-1\", \"method\": {\"type\": \"recipe\", \"recipe\": " + recipe + "}}");
        var error = Assert.Throws<InputError>(() => JobRequestReader.Read(json.RootElement));
        Assert.Equal((message, parameter), (error.Message, error.Parameter));
    }

    [Fact]
    public void Hyperparameters_beside_a_recipe_are_refused()
    {
        using var json = JsonDocument.Parse("""{"model": "m", "training_file": "file-1", "hyperparameters": {"n_epochs": 3}, "method": {"type": "recipe", "recipe": {"stages": [{"type": "dpo"}]}}}""");
        var error = Assert.Throws<InputError>(() => JobRequestReader.Read(json.RootElement));
        Assert.Equal(
            ("'hyperparameters' belong to one method, and a recipe is several: give each stage its own, such as 'method.recipe.stages[0].supervised.hyperparameters'.", "hyperparameters"),
            (error.Message, error.Parameter));
    }

    [Fact]
    public void A_recipe_has_eight_stages_at_most()
    {
        Assert.Equal(8, Read("", [.. Enumerable.Repeat(Supervised, 8)]).Stages.Length);
        var error = Assert.Throws<InputError>(() => Read("", [.. Enumerable.Repeat(Supervised, 9)]));
        Assert.Equal("Invalid 'method.recipe.stages': array too long. Expected an array with maximum length 8, but got an array with length 9 instead.", error.Message);
    }

    [Fact]
    public void A_job_shows_its_stages_with_their_status_and_what_came_of_them()
    {
        var (file, model) = (FileId.New(TimeProvider.System), new ModelId("ft:tiny:local::12345678:ckpt-step-4"));
        var job = JobOf(new JobMethod { Type = MethodType.Recipe }) with
        {
            Status = JobStatus.Paused,
            Stage = 1,
            Stages =
            [
                new RecipeStage { Method = new JobMethod(), TrainingFile = file, LastStep = 4, Result = model, Figures = ImmutableSortedDictionary<string, double>.Empty.Add("train_loss", 0.5) },
                new RecipeStage { Method = new JobMethod { Type = MethodType.Pretraining }, TrainingFile = file, Model = model, StepsBefore = 4 },
                new RecipeStage { Method = new JobMethod(), TrainingFile = file },
            ],
        };
        const string Auto = """{"hyperparameters":{"n_epochs":"auto","batch_size":"auto","learning_rate_multiplier":"auto"}}""";
        Assert.Equal(
            "{\"type\":\"recipe\",\"recipe\":{\"stages\":["
            + $$$"""{"type":"supervised","supervised":{{{Auto}}},"training_file":"{{{file}}}","status":"succeeded","first_step":1,"last_step":4,"fine_tuned_model":"{{{model}}}","figures":{"train_loss":0.5}},"""
            + $$$"""{"type":"pretraining","pretraining":{{{Auto}}},"training_file":"{{{file}}}","status":"paused","model":"{{{model}}}"},"""
            + $$$"""{"type":"supervised","supervised":{{{Auto}}},"training_file":"{{{file}}}","status":"pending"}]}}""",
            MethodObject.Of(job).ToJsonString());
    }

    [Theory]
    [InlineData(JobStatus.ValidatingFiles, false, "validating_files")]
    [InlineData(JobStatus.Failed, false, "pending")]
    [InlineData(JobStatus.Cancelled, false, "pending")]
    [InlineData(JobStatus.Failed, true, "failed")]
    public void No_stage_of_a_recipe_that_ended_before_it_began_has_failed(JobStatus status, bool hasStarted, string expected)
    {
        var stage = new RecipeStage { Method = new JobMethod(), TrainingFile = new FileId("file-1") };
        var job = JobOf(new JobMethod { Type = MethodType.Recipe }) with { Status = status, StartedAt = hasStarted ? DateTimeOffset.UnixEpoch : null, Stages = [stage, stage] };

        Assert.Equal([expected, "pending"], MethodObject.Of(job)["recipe"]!["stages"]!.AsArray().Select(one => one!["status"]!.GetValue<string>()));
    }

    [Fact]
    public void A_recipe_lists_what_its_teachers_made_as_soon_as_it_is_there()
    {
        var stages = new[] { "file-2", "file-3" }.Select(id => new RecipeStage { Method = new JobMethod(), TrainingFile = new FileId("file-1"), ResultFiles = [new FileId(id)] });
        var job = JobOf(new JobMethod { Type = MethodType.Recipe }) with { Status = JobStatus.Failed, Stages = [.. stages] };

        Assert.Equal(["file-2", "file-3"], JobObject.Of(job, "local").ResultFiles);
        Assert.Equal(["file-csv", "file-2", "file-3"], JobObject.Of(job with { ResultFiles = [new FileId("file-csv"), new FileId("file-2"), new FileId("file-3")] }, "local").ResultFiles);
    }

    [Fact]
    public void An_evaluation_of_a_recipe_has_what_each_stage_led_to()
    {
        var job = JobOf(new JobMethod { Type = MethodType.Recipe }) with { Stage = 1, Stages = [.. Enumerable.Repeat(new RecipeStage { Method = new JobMethod(), TrainingFile = new FileId("file-1") }, 2)] };
        var evaluation = new JobEvaluation { Examples = 2, Stages = [Answered(0, 1)], Tuned = Answered(1, 1) };

        var stages = JobEvaluationObject.Of(job, evaluation)["stages"]!.AsArray();

        Assert.Equal([(1, 0.5), (2, 1.0)], stages.Select(stage => (stage!["stage"]!.GetValue<int>(), stage["exact_match"]!.GetValue<double>())));
        Assert.Equal("exact_match", stages[0]!["metrics"]![0]!["metric"]!.GetValue<string>());
        Assert.Equal((0.5, 0.0, 1.0), (Of("mean"), Of("low"), Of("high")));
        Assert.Null(JobEvaluationObject.Of(JobOf(new JobMethod()), evaluation)["stages"]);

        double Of(string name) => stages[0]!["metrics"]![0]!["tuned"]![name]!.GetValue<double>();
        static ModelEvaluation Answered(params double[] exact) => new() { Answered = exact.Length, ExactMatches = [.. exact] };
    }

    private static JobRecord JobOf(JobMethod method) => new()
    {
        Id = JobId.New(TimeProvider.System),
        Model = new ModelId("tiny"),
        BaseModel = new ModelId("tiny"),
        TrainingFile = new FileId("file-1"),
        Seed = 1,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Method = method,
    };

    private static JobRequest Read(string fields, params string[] stages)
    {
        using var json = JsonDocument.Parse("{\"model\": \"m\", \"training_file\": \"file-1\", \"method\": {\"type\": \"recipe\", " + fields + "\"recipe\": {\"stages\": [" + string.Join(", ", stages) + "]}}}");
        return JobRequestReader.Read(json.RootElement);
    }
}
