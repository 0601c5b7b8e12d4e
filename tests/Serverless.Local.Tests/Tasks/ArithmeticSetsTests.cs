using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Learning.Data;
using Serverless.Learning.Grading;
using Serverless.Local.Commands;
using Serverless.Local.Tasks;

namespace Serverless.Local.Tests.Tasks;

public sealed class ArithmeticSetsTests
{
    private static readonly ArithmeticSets s_sets = ArithmeticSets.Generate();

    [Theory]
    [InlineData(47, true, 38, "What is 47 + 38?", "<think>7+8=15,4+3+1=8</think>85")]
    [InlineData(10, true, 12, "What is 10 + 12?", "<think>0+2=2,1+1=2</think>22")]
    [InlineData(99, true, 91, "What is 99 + 91?", "<think>9+1=10,9+9+1=19</think>190")]
    [InlineData(82, false, 35, "What is 82 - 35?", "<think>12-5=7,8-3-1=4</think>47")]
    [InlineData(58, false, 55, "What is 58 - 55?", "<think>8-5=3,5-5=0</think>3")]
    public void A_problem_is_worked_out_as_on_paper(int left, bool isSum, int right, string question, string solution)
    {
        var problem = new ArithmeticProblem(left, isSum, right);
        Assert.Equal((question, solution), (problem.Question, problem.Solution));
    }

    [Fact]
    public void Every_step_of_every_solution_is_right()
    {
        foreach (var problem in s_sets.Solved)
        {
            var steps = problem.Solution.Split("<think>")[1].Split("</think>")[0].Split(',');
            Assert.All(steps, step => Assert.Equal(int.Parse(step.Split('=')[1], null), Worked(step.Split('=')[0])));
            Assert.EndsWith($"</think>{problem.Result}", problem.Solution, StringComparison.Ordinal);
            Assert.InRange(problem.Result, 0, 198);
        }
    }

    [Fact]
    public void No_pair_of_numbers_occurs_in_two_sets_or_twice()
    {
        ArithmeticProblem[] all = [.. s_sets.Solved, .. s_sets.Practised, .. s_sets.HeldOut];
        Assert.Equal((500, 1200, 500), (s_sets.Solved.Length, s_sets.Practised.Length, s_sets.HeldOut.Length));
        Assert.Equal(all.Length, all.Select(problem => (Math.Max(problem.Left, problem.Right), Math.Min(problem.Left, problem.Right))).Distinct().Count());
        Assert.All(all, problem => Assert.True(problem.Left is >= 10 and <= 99 && problem.Right is >= 10 and <= 99));
        Assert.InRange(s_sets.HeldOut.Count(problem => problem.IsSum), 200, 300);
    }

    [Fact]
    public void The_same_seed_gives_the_same_problems_and_another_seed_others()
    {
        Assert.Equal(s_sets.HeldOut, ArithmeticSets.Generate().HeldOut);
        Assert.NotEqual(s_sets.HeldOut, ArithmeticSets.Generate(seed: 2).HeldOut);
        Assert.Throws<ArgumentOutOfRangeException>(() => ArithmeticSets.Generate(practised: 4000));
    }

    [Fact]
    public void The_files_are_data_sets_whose_solutions_the_graders_reward()
    {
        var path = Path.GetTempFileName();
        try
        {
            ArithmeticFile.WriteSolutions(path, s_sets.Solved);
            using (var file = File.OpenRead(path))
                Assert.Equal(500, DatasetReader.Read(file, "solutions.jsonl", DatasetFormat.Chat).Count());
            ArithmeticFile.WritePrompts(path, s_sets.Solved);
            using var prompts = File.OpenRead(path);
            var graders = ArithmeticCommand.Policy(new CommandArguments("arithmetic", new Dictionary<string, string>()), seed: 1)["method"]!["reinforcement"]!["grader"]!;
            var grader = Grader.Parse(JsonSerializer.SerializeToElement(graders), "grader");
            var items = DatasetReader.Read(prompts, "problems.jsonl", DatasetFormat.Reinforcement).Cast<PromptExample>().ToList();
            Assert.All(items.Zip(s_sets.Solved), pair => Assert.Equal(1.0, grader.Grade(pair.First.Item, new GraderSample(pair.Second.Solution)).Score, 1e-12));
            Assert.Equal(0.8, grader.Grade(items[0].Item, new GraderSample(s_sets.Solved[0].Answer)).Score, 1e-12);
            Assert.Equal(0.2, grader.Grade(items[0].Item, new GraderSample("<think>well</think>-5")).Score, 1e-12);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_recipe_of_R1_practises_what_it_is_rewarded_for_and_samples_from_the_stage_before()
    {
        var body = R1Command.Recipe(new CommandArguments("r1", new Dictionary<string, string> { ["--answers"] = "6", ["--epochs"] = "3" }), seed: 2);
        var stages = body["method"]!["recipe"]!["stages"]!.AsArray();
        Assert.Equal(["supervised", "reinforcement", "distillation", "reinforcement"], stages.Select(stage => stage!["type"]!.GetValue<string>()));
        Assert.Equal(("previous", 6), (stages[2]!["distillation"]!["teacher"]!.GetValue<string>(), stages[2]!["distillation"]!["n"]!.GetValue<int>()));
        Assert.Equal(stages[1]!.ToJsonString(), stages[3]!.ToJsonString());
        Assert.Equal(stages[1]!["reinforcement"]!["grader"]!.ToJsonString(), stages[2]!["distillation"]!["grader"]!.ToJsonString());
        Assert.Equal([40, 3, 6, 3], stages.Select(stage => stage![stage["type"]!.GetValue<string>()]!["hyperparameters"]!["n_epochs"]!.GetValue<int>()));
    }

    [Fact]
    public void What_the_recipe_is_compared_with_learns_the_same_solutions_at_three_lengths()
    {
        var bodies = R1Command.Baselines(new CommandArguments("r1", new Dictionary<string, string>()), seed: 2);
        Assert.Equal([12, 25, 50], bodies.Select(body => body["method"]!["supervised"]!["hyperparameters"]!["n_epochs"]!.GetValue<int>()));
        Assert.Equal([2, 2, 2], bodies.Select(body => body["seed"]!.GetValue<int>()));
        var once = R1Command.Baselines(new CommandArguments("r1", new Dictionary<string, string> { ["--baseline-epochs"] = "1" }), seed: 2);
        Assert.Equal(1, Assert.Single(once)["method"]!["supervised"]!["hyperparameters"]!["n_epochs"]!.GetValue<int>());
    }

    private static int Worked(string step) => Regex.Matches(step, @"[+-]?\d+").Sum(term => int.Parse(term.ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
}
