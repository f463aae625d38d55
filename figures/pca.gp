# pca by forced-apart 0.1.0; draw it again with: gnuplot pca.gp
set encoding utf8
do for [kind in 'svg png'] {
reset
set datafile separator ','
set border 3 linewidth 1 linecolor rgb '#555555'
set tics nomirror out scale 0.5
if (kind eq 'svg') {
set terminal svg noenhanced size 980,430 dynamic font 'Helvetica,15' background '#ffffff'
} else {
set terminal pngcairo noenhanced size 1470,645 font 'Helvetica,15' fontscale 1.5 linewidth 1.5 pointscale 1.5 background '#ffffff'
}
set output 'pca.'.kind
set key reverse Left samplen 0.5 spacing 0.9 font ',12'
set multiplot layout 1,2
set xrange [-14.5333:17.8667]
set xlabel 'component 1 (99 % of variance)'
set yrange [-1.08:1.08]
set ylabel 'component 2 (1 % of variance)'
set lmargin at screen 0.100
set rmargin at screen 0.380
set key at screen 0.385, graph 0.5 left center
set title 'run, by coarse label'
plot 'pca-1.csv' skip 1 using ($5 == 0 ? $1 : NaN):2 with points pt 7 ps 0.35 lc rgb '#0072b2' notitle, \
NaN with points pt 7 ps 1 lc rgb '#0072b2' title '0', \
'pca-1.csv' skip 1 using ($5 == 1 ? $1 : NaN):2 with points pt 5 ps 0.35 lc rgb '#d55e00' notitle, \
NaN with points pt 5 ps 1 lc rgb '#d55e00' title '1'
set lmargin at screen 0.545
set rmargin at screen 0.825
set key at screen 0.830, graph 0.5 left center
set title 'run, by hidden class'
plot 'pca-1.csv' skip 1 using ($6 == 0 ? $1 : NaN):2 with points pt 7 ps 0.35 lc rgb '#0072b2' notitle, \
NaN with points pt 7 ps 1 lc rgb '#0072b2' title '3', \
'pca-1.csv' skip 1 using ($6 == 1 ? $1 : NaN):2 with points pt 5 ps 0.35 lc rgb '#d55e00' notitle, \
NaN with points pt 5 ps 1 lc rgb '#d55e00' title '5', \
'pca-1.csv' skip 1 using ($6 == 2 ? $1 : NaN):2 with points pt 9 ps 0.35 lc rgb '#009e73' notitle, \
NaN with points pt 9 ps 1 lc rgb '#009e73' title '7'
unset multiplot
unset output
}
