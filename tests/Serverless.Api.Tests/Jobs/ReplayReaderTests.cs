using System.Text.Json;
using Serverless.Api.Jobs;
using Serverless.Api.Wire;
using Serverless.Learning;
using Serverless.Learning.Evaluation;
using Serverless.Service.Files;
using Serverless.Service.Jobs;
using Serverless.Service.Models;
using Serverless.Service.Pipeline.FineTuning;

namespace Serverless.Api.Tests.Jobs;

public sealed class ReplayReaderTests
{
    [Fact]
    public void A_method_names_its_general_text_and_a_stage_has_the_jobs_unless_it_names_its_own()
    {
        Assert.Equal(new ReplayRequest(new FileId("file-t"), 0.1), Read("""{"type": "dpo", "dpo": {}, "replay": {"file": "file-t"}}""").Method.Replay);
        Assert.Null(Read("""{"type": "dpo", "dpo": {}, "replay": null}""").Method.Replay);
        var recipe = Read("""
            {"type": "recipe", "replay": {"file": "file-t", "share": 0.25}, "recipe": {"stages": [
              {"type": "supervised"}, {"type": "dpo", "replay": {"file": "file-u", "share": 0}}]}}
            """);
        Assert.Equal(
            [new ReplayRequest(new FileId("file-t"), 0.25), new ReplayRequest(new FileId("file-t"), 0.25), new ReplayRequest(new FileId("file-u"), 0)],
            recipe.Stages.Select(stage => stage.Method.Replay).Prepend(recipe.Method.Replay));
    }

    [Theory]
    [InlineData("""{"share": 0.1}""", "Missing required parameter: 'method.replay.file'.", "method.replay.file", "missing_required_parameter")]
    [InlineData("""{"file": ""}""", "Invalid 'method.replay.file': string too short. Expected a string with minimum length 1, but got a string with length 0 instead.", "method.replay.file", "string_below_min_length")]
    [InlineData("""{"file": "f", "share": -0.1}""", "Invalid 'method.replay.share': decimal below minimum value. Expected a value >= 0, but got -0.1 instead.", "method.replay.share", "decimal_below_min_value")]
    [InlineData("""{"file": "f", "share": 0.91}""", "Invalid 'method.replay.share': decimal above maximum value. Expected a value <= 0.9, but got 0.91 instead.", "method.replay.share", "decimal_above_max_value")]
    [InlineData("""{"file": "f", "share": "half"}""", "Invalid type for 'method.replay.share': expected a decimal, but got a string instead.", "method.replay.share", "invalid_type")]
    [InlineData("""{"file": "f", "rate": 0.1}""", "Unknown parameter: 'method.replay.rate'. Known there are: 'file' and 'share'.", "method.replay.rate", "unknown_parameter")]
    [InlineData("\"f\"", "Invalid type for 'method.replay': expected an object, but got a string instead.", "method.replay", "invalid_type")]
    public void Wrong_general_text_is_refused_with_its_field(string replay, string message, string parameter, string code)
    {
        var error = Assert.Throws<InputError>(() => Read("{\"type\": \"supervised\", \"replay\": " + replay + "}"));
        Assert.Equal((message, parameter, code), (error.Message, error.Parameter, error.Code));
        error = Assert.Throws<InputError>(() => Read("{\"type\": \"recipe\", \"recipe\": {\"stages\": [{\"type\": \"supervised\", \"replay\": " + replay + "}]}}"));
        Assert.Equal(parameter.Replace("method.", "method.recipe.stages[0].", StringComparison.Ordinal), error.Parameter);
    }

    [Fact]
    public void A_job_shows_its_general_text_and_its_evaluation_what_was_forgotten()
    {
        var replay = new ReplayRequest(new FileId("file-t"), 0.25);
        var job = new JobRecord
        {
            Id = JobId.New(TimeProvider.System),
            Model = new ModelId("tiny"),
            BaseModel = new ModelId("tiny"),
            TrainingFile = new FileId("file-1"),
            Seed = 1,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Method = new JobMethod { Replay = replay },
        };
        Assert.Equal("""{"file":"file-t","share":0.25}""", MethodObject.Of(job)["replay"]!.ToJsonString());
        var recipe = job with
        {
            Method = new JobMethod { Type = MethodType.Recipe, Replay = replay },
            Stages = [new RecipeStage { Method = new JobMethod { Replay = replay }, TrainingFile = job.TrainingFile }, new RecipeStage { Method = new JobMethod(), TrainingFile = job.TrainingFile }],
        };
        var method = MethodObject.Of(recipe);
        Assert.Equal([true, true, false], new[] { method, method["recipe"]!["stages"]![0], method["recipe"]!["stages"]![1] }.Select(one => one!["replay"] is not null));

        var evaluation = new JobEvaluation { Examples = 0, Base = new ModelEvaluation { General = new EvaluationScores(20, 0, 10) }, Stages = [new ModelEvaluation { General = new EvaluationScores(0, 0, 10) }] };
        var written = JobEvaluationObject.Of(recipe, evaluation);
        Assert.Equal($$"""{"loss":2,"perplexity":{{JsonSerializer.Serialize(Math.Exp(2))}},"tokens":10}""", written["base"]!["general"]!.ToJsonString());
        Assert.Equal("""{"loss":0,"perplexity":1,"tokens":10}""", written["stages"]![0]!["general"]!.ToJsonString());
        Assert.Null(written["tuned"]!["general"]);
    }

    private static JobRequest Read(string method)
    {
        using var json = JsonDocument.Parse("{\"model\": \"m\", \"training_file\": \"file-1\", \"method\": " + method + "}");
        return JobRequestReader.Read(json.RootElement);
    }
}
